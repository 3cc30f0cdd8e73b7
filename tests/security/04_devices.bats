# The attacker has CAP_MKNOD, as root in a container has: the host's disk, memory or kernel log are a mknod away, on any
# file system that is not mounted nodev.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

# Block devices of the host, and memory, ports, tun, fuse, kvm, loop-control, vsock by their fixed numbers.
devices_of_the_host() {
  awk 'NR > 2 { print "b", $1, $2 }' /proc/partitions
  printf 'c %s\n' '1 1' '1 2' '1 4' '1 11' '10 200' '10 229' '10 232' '10 237' '10 241'
}

@test "device nodes can't be made, or are dead, wherever they are made" {
  mkdir "$dir/devices" && chmod 777 "$dir/devices"
  for userns in private host; do
    run minibox run --rm --userns $userns -v "$dir/devices:/volume" --tmpfs /memory busybox sh -c '
      while read -r type major minor; do
        for place in / /dev/ /dev/shm/ /memory/ /volume/ /root/; do
          mknod ${place}node $type $major $minor 2>/dev/null || continue
          head -c 1 ${place}node >/dev/null 2>&1 && echo "READ $place $type $major $minor"
          (: >${place}node) 2>/dev/null && echo "OPENED $place $type $major $minor"
          rm -f ${place}node
        done
        echo tried
      done <<END
'"$(devices_of_the_host)"'
END'
    assert_success
    assert [ "$(grep -c tried <<<"$output")" -gt 9 ]
    refute_output --regexp 'READ|OPENED'
  done
  run find "$dir/devices" -type b -o -type c
  assert_output ""
}

@test "/dev has the listed devices and no others" {
  for userns in private host; do
    run minibox run --rm --userns $userns busybox find /dev -type b -o -type c
    assert_equal "$(sort <<<"$output" | grep -v '^/dev/pts/[0-9]' | xargs)" \
      "/dev/full /dev/null /dev/pts/ptmx /dev/random /dev/tty /dev/urandom /dev/zero"
  done
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
