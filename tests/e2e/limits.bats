# Limits bite, are told apart from other ends, and leave no cgroup. The same tests run on v1/hybrid hosts and on pure v2
# (make test-vm).

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

on_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# cgroup_of ID CONTROLLER: its directory in the hierarchy of the controller
cgroup_of() {
  if on_v2; then
    echo "/sys/fs/cgroup/minibox-$bridge/$1"
  else
    echo "/sys/fs/cgroup/$2/minibox-$bridge/$1"
  fi
}

# setting ID CONTROLLER V1-FILE V2-FILE
setting() {
  if on_v2; then cat "$(cgroup_of "$1" "$2")/$4"; else cat "$(cgroup_of "$1" "$2")/$3"; fi
}

inspect_field() { in_host curl -sS http://127.0.0.1:8080/containers | jq -r --arg id "$1" --arg key "$2" '.[$id][$key]'; }

readonly eat_memory='x=a; while :; do x=$x$x; done'

@test "memory: what exceeds the limit is killed and reported as killed for lack of memory" {
  local id
  id=$(minibox run -d -m 32 busybox sh -c "$eat_memory")
  wait_until status_is "$id" exited
  assert_equal "$(inspect_field "$id" exit_code)" 137
  assert_equal "$(inspect_field "$id" oom_killed)" true
  minibox rm "$id"
}

@test "memory: a killed child is reported although the command itself survives" {
  local id
  id=$(minibox run -d -m 32 busybox sh -c "sh -c '$eat_memory'; echo child \$?; exit 4")
  wait_until status_is "$id" exited
  run minibox logs "$id"
  assert_output --partial 'child 137'
  assert_equal "$(inspect_field "$id" exit_code)" 4
  assert_equal "$(inspect_field "$id" oom_killed)" true
  minibox rm "$id"
}

@test "memory: a kill by somebody else is no lack of memory" {
  local id
  id=$(minibox run -d -m 32 busybox sh -c 'kill -9 $$')
  wait_until status_is "$id" exited
  assert_equal "$(inspect_field "$id" exit_code)" 137
  assert_equal "$(inspect_field "$id" oom_killed)" false
  minibox rm "$id"
}

@test "memory: the limit is one of memory and swap together" {
  local id
  id=$(minibox run -d -m 32 busybox sleep 1000)
  assert_equal "$(setting "$id" memory memory.limit_in_bytes memory.max)" $((32 << 20))
  if on_v2; then
    assert_equal "$(cat "$(cgroup_of "$id" memory)/memory.swap.max")" 0
  elif [ -e "$(cgroup_of "$id" memory)/memory.memsw.limit_in_bytes" ]; then
    assert_equal "$(cat "$(cgroup_of "$id" memory)/memory.memsw.limit_in_bytes")" $((32 << 20))
  fi
  minibox rm -f "$id"
}

@test "cpu: a busy loop is throttled by its quota, and by nothing when that is all processors" {
  local busy free
  busy=$(minibox run -d --cpus 0.1 busybox sh -c 'while :; do :; done')
  free=$(minibox run -d --cpus "$(nproc)" busybox sh -c 'while :; do :; done')
  wait_until was_throttled "$busy"
  run was_throttled "$free"
  assert_failure
  minibox rm -f "$busy" "$free"
}

was_throttled() { grep -qE '^nr_throttled [1-9]' "$(cgroup_of "$1" cpu)/cpu.stat"; }

@test "pids: a process too many can't be made, and the kernel says that it was this limit" {
  local id
  id=$(minibox run -d --pids-limit 8 busybox sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done')
  wait_until status_is "$id" exited
  run minibox logs "$id"
  assert_output --partial fork
  minibox rm "$id"
  id=$(minibox run -d --pids-limit 8 busybox sh -c '(for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done); sleep 1000')
  wait_until grep -qE '^max [1-9]' "$(cgroup_of "$id" pids)/pids.events"
  assert [ "$(cat "$(cgroup_of "$id" pids)/pids.current")" -le 8 ]
  minibox rm -f "$id"
}

@test "without flags there are limits all the same" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  assert_equal "$(cat "$(cgroup_of "$id" pids)/pids.max")" 2048
  run setting "$id" memory memory.limit_in_bytes memory.max
  assert_output --regexp '^[0-9]+$'
  assert [ "$output" -lt $(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) * 1024)) ]
  minibox rm -f "$id"
}

@test "the whole container is inside: the command and what exec'd from it" {
  local id
  id=$(minibox run -d busybox sh -c 'setsid sleep 1000 & sleep 1000')
  wait_until at_least_two_inside "$id"
  minibox rm -f "$id"
}

at_least_two_inside() { [ "$(wc -l <"$(cgroup_of "$1" pids)/cgroup.procs")" -ge 3 ]; }

@test "the cgroup goes with the container, however it ended" {
  local id
  id=$(minibox run -d busybox true)
  wait_until no_cgroup_of "$id"
  minibox rm "$id"
  id=$(minibox run -d busybox sh -c 'setsid sleep 1000 & sleep 1000')
  assert [ -d "$(cgroup_of "$id" pids)" ]
  minibox kill "$id"
  wait_until no_cgroup_of "$id"
  minibox rm "$id"
  id=$(minibox run -d -m 32 busybox sh -c "$eat_memory")
  wait_until status_is "$id" exited
  wait_until no_cgroup_of "$id"
  minibox rm "$id"
}

no_cgroup_of() { [ -z "$(find /sys/fs/cgroup -type d -path "*minibox-$bridge/$1*")" ]; }

@test "a container sees no path of the host's cgroups" {
  run minibox run --rm busybox cat /proc/self/cgroup
  assert_success
  refute_output --partial minibox
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
