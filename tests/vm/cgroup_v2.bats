# What only a pure cgroup v2 host has: controllers that must be enabled level by level, a daemon in a leaf of systemd's
# tree, the container's own view of its cgroup, and swap.

load ../e2e/lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

readonly cgroups=/sys/fs/cgroup

@test "this is a pure v2 host laid out as systemd does it" {
  assert_equal "$(stat -fc %T $cgroups)" cgroup2fs
  assert_equal "$(cut -d: -f3 "/proc/$daemon/cgroup")" /system.slice/tests.service
  assert_equal "$(cat $cgroups/system.slice/cgroup.subtree_control)" "memory pids"
}

@test "a controller that nobody has enabled yet is enabled down to the container" {
  local id
  id=$(minibox run -d --cpus 0.5 busybox sleep 1000)
  assert_equal "$(cat "$cgroups/minibox-$bridge/$id/cpu.max")" "50000 100000"
  run cat "$cgroups/minibox-$bridge/cgroup.subtree_control"
  assert_output --partial cpu
  assert_equal "$(cat "$cgroups/minibox-$bridge/cgroup.procs")" ""
  minibox rm -f "$id"
}

@test "the neighbours keep their controllers" {
  assert_equal "$(cat $cgroups/system.slice/cgroup.subtree_control)" "memory pids"
  assert_equal "$(cat $cgroups/user.slice/cgroup.subtree_control)" ""
}

@test "the daemon works from the root of the hierarchy, too" {
  stop_daemon_cleanly
  start_daemon bash -c 'echo $$ >/sys/fs/cgroup/cgroup.procs && exec "$@"' bash
  assert_equal "$(cut -d: -f3 "/proc/$daemon/cgroup")" /
  run minibox run --rm -m 64 --cpus 0.5 --pids-limit 20 busybox echo from the root
  assert_success
  assert_output 'from the root'
  stop_daemon_cleanly
  start_daemon
}

@test "a container sees its own cgroup as the root, read-only" {
  run minibox run --rm -m 64 --pids-limit 20 busybox sh -c \
    'cat /proc/self/cgroup /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; grep -c . /sys/fs/cgroup/cgroup.procs'
  assert_success
  assert_line --index 0 0::/
  assert_line --index 1 $((64 << 20))
  assert_line --index 2 20
  for attack in 'echo max >/sys/fs/cgroup/memory.max' 'mkdir /sys/fs/cgroup/mine' 'echo 1 >/sys/fs/cgroup/cgroup.procs'; do
    run minibox run --rm -m 64 busybox sh -c "$attack"
    assert_failure
    assert_output --partial "Read-only file system"
  done
}

@test "nothing but the own cgroup is in sight" {
  run minibox run --rm busybox sh -c 'ls -d /sys/fs/cgroup/*/ /sys/fs/cgroup/../*slice 2>&1'
  assert_failure
  refute_output --regexp '^/sys/fs/cgroup/[a-z.]*/$'
}

# Writes to 48 MB of memory.
readonly use_48_mb='dd if=/dev/zero of=/dev/null bs=48M count=1'

@test "swap gives a container no more memory than its limit, unless it was asked for" {
  fallocate -l 128M "$dir/swap"
  chmod 600 "$dir/swap"
  mkswap -q "$dir/swap"
  swapon "$dir/swap"
  run minibox run --rm -m 32 busybox $use_48_mb
  local without=$status
  run minibox run --rm -m 32 --memory-swap 96m busybox $use_48_mb
  swapoff "$dir/swap"
  rm "$dir/swap"
  assert_success
  assert_equal "$without" 137
}

@test "an io weight and a set of processors reach the cgroup" {
  local id
  id=$(minibox run -d --io-weight 300 --cpuset-cpus 1 busybox sh -c 'nproc; sleep 1000')
  wait_until logs_contain "$id" 1
  run cat "$cgroups/minibox-$bridge/$id/cpuset.cpus.effective"
  assert_output 1
  run cat "$cgroups/minibox-$bridge/$id/io.weight"
  assert_line --index 0 "default 300"
  minibox rm -f "$id"
}

@test "a container whose shim was killed is ended and its cgroup removed" {
  local id shim
  id=$(minibox run -d busybox sh -c 'setsid sleep 1000 & sleep 1000')
  shim=$(awk '/^PPid:/ { print $2 }' "/proc/$(container_pid "$id")/status")
  kill -KILL "$shim"
  wait_until status_is "$id" exited
  wait_until [ ! -e "$cgroups/minibox-$bridge/$id" ]
  minibox rm "$id"
}

@test "a build step runs below the same limits, and its layers stack up" {
  mkdir -p "$dir/context"
  echo from-context >"$dir/context/file"
  printf '%s\n' 'BASE busybox' 'BLOCK one' '    COPY file /file' '    RUN cat /file >/copy && rm /file' \
    '    RUN cat /sys/fs/cgroup/pids.max >/pids' 'START cat /copy /pids' >"$dir/context/MiniBox"
  run minibox build -t stacked "$dir/context"
  assert_success
  run minibox run --rm stacked
  assert_line --index 0 from-context
  assert_line --index 1 2048
  run minibox run --rm stacked cat /file
  assert_failure
  minibox rmi stacked
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
