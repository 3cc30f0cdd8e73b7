# minibox run: flags, streams and exit statuses.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

@test "run prints what the command prints" {
  run minibox run --rm busybox echo hi
  assert_success
  assert_output hi
}

@test "stdout and stderr stay apart and the exit status is handed on" {
  run --separate-stderr minibox run --rm busybox sh -c 'echo out; echo err >&2; exit 7'
  assert_failure 7
  assert_output out
  assert_equal "$stderr" err
}

@test "a command that ends by a signal gives 128 plus its number" {
  run minibox run --rm busybox sh -c 'kill -9 $$'
  assert_failure 137
  run minibox run --rm busybox sh -c 'kill -TERM $$'
  assert_failure 143
}

@test "125 engine error, 126 not executable, 127 not found" {
  run minibox run --rm no-such-image true
  assert_failure 125
  run minibox run --rm busybox /etc/passwd
  assert_failure 126
  run -127 minibox run --rm busybox no-such-command
}

@test "output is streamed as it comes" {
  mkdir -p "$dir/stream" && chmod 777 "$dir/stream"
  mkfifo -m 666 "$dir/stream/go"
  exec_minibox run --rm -v "$dir/stream:/stream" busybox sh -c 'echo first; read line </stream/go; echo "$line"' \
    >"$dir/stream.out" 3>&- &
  wait_until grep -q first "$dir/stream.out"
  echo second >"$dir/stream/go"
  wait $!
  run cat "$dir/stream.out"
  assert_output $'first\nsecond'
}

@test "a signal to the CLI reaches the container's command" {
  exec_minibox run --rm --name signalled busybox \
    sh -c 'trap "echo got TERM; exit 3" TERM; echo ready; while :; do sleep 1; done' >"$dir/signal.out" 3>&- &
  local client=$! status=0
  wait_until grep -q ready "$dir/signal.out"
  kill -TERM $client
  wait $client || status=$?
  assert_equal $status 3
  run cat "$dir/signal.out"
  assert_output --partial "got TERM"
}

@test "much output arrives whole" {
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' run --rm busybox sh -c 'yes 0123456789 | head -n 300000' | sha256sum"
  assert_success
  assert_output "$(yes 0123456789 | head -n 300000 | sha256sum)"
}

@test "-d prints the id and returns; --name names it" {
  run minibox run -d --name sleeper busybox sleep 1000
  assert_success
  assert_output --regexp '^[a-f0-9]{8}$'
  local id=$output
  run minibox ps
  assert_output --partial "$id"
  minibox rm -f sleeper
}

@test "--rm leaves nothing, without it the container stays" {
  minibox run --rm --name gone busybox true
  minibox run --name stays busybox true
  run minibox ps -a --json
  refute_output --partial gone
  run minibox rm stays
  assert_success
}

@test "-e sets variables, -w the directory, -u the user" {
  run minibox run --rm -e A=1 -e 'B=two words' busybox sh -c 'echo "$A|$B"'
  assert_output '1|two words'
  run minibox run --rm -w /usr busybox pwd
  assert_output /usr
  run minibox run --rm -u 1234:5678 busybox id -u
  assert_output 1234
  run minibox run --rm -u 1234:5678 busybox id -g
  assert_output 5678
}

@test "an unknown user is refused, never root" {
  run minibox run --rm -u nosuchuser busybox id
  assert_failure 125
  assert_output --partial nosuchuser
}

@test "-v mounts a directory; :ro rejects writes" {
  mkdir -p "$dir/volume" && chmod 777 "$dir/volume"
  echo from-host >"$dir/volume/file"
  run minibox run --rm -v "$dir/volume:/data" busybox sh -c 'cat /data/file; echo from-container >/data/new'
  assert_success
  assert_output from-host
  assert_equal "$(cat "$dir/volume/new")" from-container
  run minibox run --rm -v "$dir/volume:/data:ro" busybox sh -c 'echo x >/data/other'
  assert_failure
  assert_output --partial "Read-only file system"
  assert [ ! -e "$dir/volume/other" ]
}

@test "root in the container is an unprivileged user of the host" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  run stat -c %u "/proc/$(container_pid "$id")"
  assert_output --regexp '^1[0-9]{5}$'
  run minibox run --rm busybox cat /proc/self/uid_map
  refute_output --regexp '^ *0 +0 '
  minibox rm -f "$id"
}

@test "-m limits memory: what exceeds it is killed" {
  run minibox run --rm -m 32 busybox sh -c 'x=a; while :; do x=$x$x; done'
  assert_failure 137
}

@test "--pids-limit bounds the number of processes" {
  run minibox run --rm --pids-limit 8 busybox sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done'
  assert_failure
  assert_output --partial "fork"
}

@test "--cpus and -c set the quota" {
  run minibox run -d --name half --cpus 0.5 busybox sleep 1000
  assert_success
  run find /sys/fs/cgroup -path "*minibox-$bridge*$output*" \( -name cpu.cfs_quota_us -o -name cpu.max \) -exec cat {} +
  assert_output --regexp '^50000( 100000)?$'
  minibox rm -f half
  run minibox run -d --name quarter -c 25000 busybox sleep 1000
  run find /sys/fs/cgroup -path "*minibox-$bridge*$output*" \( -name cpu.cfs_quota_us -o -name cpu.max \) -exec cat {} +
  assert_output --regexp '^25000( 100000)?$'
  minibox rm -f quarter
}

@test "--network none has only a loopback" {
  run minibox run --rm --network none busybox sh -c 'ls /sys/class/net; ip -4 addr show lo'
  assert_success
  assert_line --index 0 lo
  refute_output --partial eth0
}

@test "the hostname is the name, otherwise the id" {
  run minibox run --rm --name web7 busybox hostname
  assert_output web7
  run minibox run --rm busybox sh -c 'hostname; cat /etc/hostname'
  assert_line --index 0 --regexp '^[a-f0-9]{8}$'
  assert_equal "${lines[0]}" "${lines[1]}"
}

@test "--timing prints the named steps, on stderr" {
  run --separate-stderr minibox run --rm --timing busybox echo hi
  assert_success
  assert_output hi
  assert [ -n "$stderr" ]
  [[ $stderr == *daemon* && $stderr == *container* && $stderr == *total* ]]
}

@test "the container is confined: capabilities, seccomp, no_new_privs, masked paths" {
  run minibox run --rm busybox grep -E '^(CapEff|CapBnd|CapInh|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status
  assert_line --regexp 'CapEff:.00000000a80425fb'
  assert_line --regexp 'CapBnd:.00000000a80425fb'
  assert_line --regexp 'CapInh:.0000000000000000'
  assert_line --regexp 'NoNewPrivs:.1'
  assert_line --regexp 'Seccomp:.2'
  run minibox run --rm busybox sh -c 'for f in kcore keys timer_list interrupts; do [ ! -e /proc/$f ] || head -c 1 /proc/$f; done | wc -c
    echo x >/proc/sys/kernel/hostname'
  assert_line --index 0 0
  assert_output --regexp "(Read-only file system|Permission denied)"
  run minibox run --rm busybox mount -t tmpfs none /mnt
  assert_failure
}

@test "only standard descriptors and no host process are visible" {
  run minibox run --rm busybox sh -c 'ls /proc | grep -c "^[0-9]"; ls /proc/self/fd | wc -l'
  assert_success
  assert [ "${lines[0]}" -le 5 ]
  assert [ "${lines[1]}" -le 4 ]
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
