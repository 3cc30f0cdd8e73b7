# The attacker runs as root in a container and looks for a way into the kernel: calls that administer the host, calls with
# a history of holes (io_uring, keyrings, userfaultfd, user namespaces made inside), and the two other entries of an
# x86-64 kernel, i386 by `int 0x80` and x32, that a filter made for one architecture does not see.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

readonly eperm=1 enosys=38
# names_without ERRNO: of the probe's lines, what ended in another way
names_without() { grep -v " $1\$" <<<"$output" || true; }

@test "sixty calls that administer the host or have a history are refused" {
  run attack -- probe_calls native
  assert_success
  assert [ "${#lines[@]}" -gt 60 ]
  assert_equal "$(names_without $eperm)" "getpid 0"
}

@test "the probe tells the filter's refusal from the kernel's: without a filter most calls get further" {
  run attack --security-opt seccomp=unconfined -- probe_calls native
  assert_success
  assert [ "$(names_without $eperm | wc -l)" -gt 30 ]
}

@test "i386 calls through int 0x80 are refused, all of them" {
  run attack -- probe_calls i386
  assert_success
  assert [ "${#lines[@]}" -gt 60 ]
  # A kernel without that entry ends the process.
  assert_equal "$(names_without '\(38\|killed\)')" ""
}

@test "x32 calls are refused, all of them" {
  run attack -- probe_calls x32
  assert_success
  assert [ "${#lines[@]}" -gt 60 ]
  assert_equal "$(names_without $enosys)" ""
}

@test "namespaces can't be made: clone with any of their flags, clone3, unshare" {
  run attack -- probe_arguments
  assert_success
  assert_line "clone-plain 0"
  for kind in newns newcgroup newuts newipc newuser newpid newnet newuser-high; do assert_line "clone-$kind $eperm"; done
  assert_line "clone3-newuser $enosys"
  run minibox run --rm busybox unshare -U true
  assert_failure
  run minibox run --rm --cap-add SYS_ADMIN --security-opt seccomp=unconfined busybox unshare -m true
  assert_success
}

@test "AF_VSOCK, AF_ALG, packet and raw sockets are refused, also with bits that the kernel drops" {
  run attack -- probe_arguments
  for kind in inet unix netlink; do assert_line "socket-$kind 0"; done
  for kind in alg alg-high vsock vsock-high packet raw; do refute_line "socket-$kind 0"; done
  for kind in alg alg-high vsock vsock-high; do assert_line "socket-$kind $eperm"; done
}

@test "personalities that make memory predictable or executable are refused" {
  run attack -- probe_arguments
  assert_line "personality-plain 0"
  assert_line "personality-read-implies-exec $eperm"
  assert_line "personality-no-randomize $eperm"
}

@test "every task runs under the filter: the init, the command, its threads" {
  run attack -- threads
  assert_success
  assert_output $'mode 2\nmode 2\nmode 2\nmode 2'
  run minibox run --rm busybox sh -c 'sleep 9 & cat /proc/[0-9]*/task/*/status | grep -E "^(Seccomp|NoNewPrivs):" | sort | uniq -c'
  assert_output --regexp '^ *[3-9] NoNewPrivs:.1
 *[3-9] Seccomp:.2$'
}

# Alpine's C library: its threads come from clone, where glibc tries clone3 first and needs an ENOSYS to go on.
@test "a static program of musl has threads under the filter, too" {
  musl-gcc -static -O2 -o "$dir/attackers/threads_musl" "$project/tests/security/attackers/threads.c"
  run attack -- threads_musl
  assert_success
  assert_output $'mode 2\nmode 2\nmode 2\nmode 2'
}

@test "ptrace reaches nobody, the kernel's log is closed" {
  run minibox run --rm busybox dmesg
  assert_failure
  assert_output --partial 'Operation not permitted'
  run minibox run --rm busybox sh -c 'head -c 1 /dev/kmsg; head -c 1 /proc/kmsg; head -c 1 /proc/1/mem; echo end'
  assert_line --partial "/dev/kmsg: No such file"
  assert_line --regexp '/proc/kmsg: (Operation not permitted|Permission denied)'
  assert_line end
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
