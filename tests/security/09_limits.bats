# The attacker wants the host down rather than its secrets: processes, memory, files in memory, logs, without end.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

@test "a fork bomb is contained: its limit bites, the host and other containers answer, and it ends when asked" {
  minibox run -d --name bomb --pids-limit 100 -v "$dir/attackers:/attackers:ro" busybox /attackers/fork_bomb
  local id
  id=$(field_by_name bomb id)
  wait_until pids_limit_was_met "$id"
  run minibox run --rm busybox echo alive
  assert_output alive
  run minibox ps
  assert_output --partial bomb
  minibox kill bomb
  minibox rm -f bomb
  run grep -ls "$id" /proc/[0-9]*/cgroup
  refute_output --partial /proc/
}

field_by_name() { minibox ps -a --json | jq -r --arg name "$1" --arg key "$2" '.[] | select(.name == $name) | .[$key]'; }
# The events count how often the limit was met (pids.events).
pids_limit_was_met() { find /sys/fs/cgroup -path "*$1/pids.events" -exec grep -q '^max [1-9]' {} \; -print | grep -q .; }

@test "without a flag processes and memory are limited too" {
  run minibox run -d --name plain busybox sleep 1000
  local id=$output
  run find /sys/fs/cgroup -path "*minibox-$bridge/$id/pids.max" -exec cat {} +
  assert_output 2048
  run find /sys/fs/cgroup -path "*minibox-$bridge/$id/memory.limit_in_bytes" -o -path "*minibox-$bridge/$id/memory.max"
  assert [ "$(cat $output)" -lt $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 1024)) ]
  minibox rm -f plain
}

@test "whatever is kept in memory has a size: /dev, /dev/shm, tmpfs, and it counts against the limit" {
  run minibox run --rm --tmpfs /memory:size=8m busybox sh -c 'for place in /dev /dev/shm /memory; do
    head -c 200000000 /dev/zero >$place/file 2>/dev/null; echo "$place $(($(stat -c %s $place/file) >> 20))"; rm $place/file; done'
  assert_line "/dev 64"
  assert_line "/dev/shm 64"
  assert_line "/memory 8"
  run minibox run --rm -m 32 --tmpfs /memory:size=200m busybox sh -c 'head -c 100000000 /dev/zero >/memory/file'
  assert_failure 137
}

@test "other places in memory can't be grown without bound: message queues, System V shared memory of another namespace" {
  run minibox run --rm busybox sh -c 'cat /proc/sys/fs/mqueue/queues_max; wc -l </proc/sysvipc/shm'
  assert_line --index 0 256
  assert_line --index 1 1
}

@test "what a container does to its own priority, memory score and limits can't be to the host's cost" {
  run minibox run --rm busybox sh -c '
    (echo -1000 >/proc/self/oom_score_adj) 2>/dev/null && echo IMMUNE
    renice -n -20 $$ 2>/dev/null && echo PREFERRED
    ulimit -n 1000000 2>/dev/null && echo FILES
    ulimit -u 1000000 2>/dev/null && echo PROCESSES
    chrt -f 99 true 2>/dev/null && echo REALTIME; echo tried'
  assert_output tried
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
