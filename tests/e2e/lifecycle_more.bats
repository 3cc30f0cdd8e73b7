# wait, restart, rename, inspect, pause, unpause, update, stats, top, diff.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

# Of a container's v1 hierarchy or the unified one: the first file of that name below its cgroup.
cgroup_file() { find /sys/fs/cgroup -path "*/minibox-$bridge/$1/$2" 2>/dev/null | head -n 1; }
memory_limit() { cat "$(cgroup_file "$1" memory.limit_in_bytes)" 2>/dev/null || cat "$(cgroup_file "$1" memory.max)"; }
api() { in_host curl -sS "$@"; }

@test "wait prints the exit status when the container ends, and of one that has ended" {
  local id
  rm -f "$dir/go"
  id=$(minibox run -d -v "$dir:/control:ro" busybox sh -c 'until [ -e /control/go ]; do sleep 0.05; done; exit 7')
  exec_minibox wait "$id" >"$dir/wait.out" 3>&- &
  local waiter=$!
  assert is_running $waiter
  touch "$dir/go"
  wait $waiter
  assert_equal "$(cat "$dir/wait.out")" 7
  run minibox wait "$id"
  assert_output 7
  run minibox wait no-such-container
  assert_failure 1
  minibox rm "$id"
}

@test "wait gives the status of the life it has waited for, whatever was started since" {
  local id
  id=$(minibox run -d busybox sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done')
  wait_until logs_contain "$id" ready
  exec_in_host curl -sSv -X POST "http://127.0.0.1:8080/containers/wait?id=$id" >"$dir/wait.out" 2>"$dir/wait.head" 3>&- &
  local waiter=$!
  wait_until grep -q "200 OK" "$dir/wait.head"  # the head of the answer: the daemon waits
  run minibox restart "$id"
  assert_success
  assert_output "Container $id restarted"
  wait $waiter
  assert_equal "$(tail -n 1 "$dir/wait.out")" 9
  assert_equal "$(field "$id" status)" running
  minibox rm -f "$id"
}

@test "a client that leaves while it waits costs nothing: the container goes on" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  exec_minibox wait "$id" 3>&- &
  local waiter=$!
  kill -TERM $waiter
  wait $waiter || true
  assert_equal "$(field "$id" status)" running
  minibox rm -f "$id"
}

@test "restart starts a container that does not run, and keeps one that was run with --rm" {
  local id
  id=$(minibox run -d --rm --name again busybox sh -c 'echo life >>/lives; wc -l </lives; exec sleep 1000')
  wait_until logs_contain again 1
  run minibox restart -t 0 again
  assert_success
  wait_until logs_contain again 2
  minibox kill again
  run minibox ps -a --json
  assert_output "[]"
  id=$(minibox run -d busybox true)
  wait_until status_is "$id" exited
  run minibox restart "$id"
  assert_success
  minibox rm -f "$id"
}

@test "rename: the new name is found, the old one free; a taken or bad name is refused" {
  local id
  id=$(minibox run -d --name old busybox sleep 1000)
  minibox run -d --name taken busybox sleep 1000
  run minibox rename old new
  assert_success
  assert_equal "$(field "$id" name)" new
  run minibox rename new taken
  assert_failure 1
  assert_output --partial "is taken"
  run minibox rename new 'no/name'
  assert_failure 1
  run minibox run --rm --name old busybox true
  assert_success
  kill_daemon
  start_daemon
  assert_equal "$(field "$id" name)" new
  minibox rm -f new taken
}

@test "inspect prints a JSON array of containers and images" {
  local id
  id=$(minibox run -d --name looked-at -m 64 -e COLOUR=red -v "$dir:/control:ro" -p 127.0.0.1:18081:80 busybox sleep 1000)
  minibox inspect looked-at busybox >"$dir/inspect.json"
  run jq -r '.[0] | .Id, .Name, .State.Status, .State.OOMKilled, (.State.Pid > 0), .Config.Image, .HostConfig.Memory' "$dir/inspect.json"
  assert_output "$id
looked-at
running
false
true
busybox
67108864"
  run jq -c '.[0] | .Mounts[0], .NetworkSettings.Ports, (.Config.Env | index("COLOUR=red") != null)' "$dir/inspect.json"
  assert_line --index 0 "{\"Type\":\"bind\",\"Source\":\"$dir\",\"Destination\":\"/control\",\"RW\":false}"
  assert_line --index 1 '{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"18081"}]}'
  assert_line --index 2 true
  run jq -r '.[1] | .RepoTags[0], .RootFS.Type' "$dir/inspect.json"
  assert_line --index 0 --partial busybox
  assert_line --index 1 layers
  minibox rm -f looked-at
  run minibox inspect looked-at
  assert_failure 1
  assert_output --partial "image not found"
}

@test "an OOM kill is told by ps, inspect and the exit record" {
  local id
  id=$(minibox run -d -m 16 busybox sh -c 'tail /dev/zero')
  run minibox wait "$id"
  assert_output 137
  run minibox ps -a
  assert_output --partial "exited (out of memory)"
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' inspect $id | jq '.[0].State.OOMKilled'"
  assert_output true
  assert_equal "$(jq .oom_killed "$data/containers/$id/exit.json")" true
  minibox rm "$id"
}

counter='i=0; while :; do i=$((i+1)); echo $i >/control/count.new; mv /control/count.new /control/count; done'
count() { cat "$dir/count/count"; }
count_grows_past() { [ "$(count)" -gt "$1" ]; }

@test "pause stops every process, unpause lets them go on, also over a restart of the daemon" {
  local id before
  mkdir -p "$dir/count"
  chmod 777 "$dir/count"
  id=$(minibox run -d -v "$dir/count:/control" busybox sh -c "$counter")
  wait_until count_grows_past 10
  run minibox pause "$id"
  assert_success
  assert_output "Container $id paused"
  before=$(count)
  assert_equal "$(field "$id" status)" paused
  run minibox ps
  assert_output --partial paused
  kill_daemon
  start_daemon
  assert_equal "$(field "$id" status)" paused
  assert_equal "$(count)" "$before"
  run minibox pause "$id"
  assert_failure 1
  assert_output --partial "already paused"
  run minibox unpause "$id"
  assert_success
  wait_until count_grows_past "$before"
  run minibox unpause "$id"
  assert_failure 1
  assert_output --partial "is not paused"
  minibox rm -f "$id"
}

@test "a paused container can be stopped, killed and removed" {
  local id
  id=$(minibox run -d busybox sh -c 'trap "exit 6" TERM; echo ready; while :; do sleep 0.05; done')
  wait_until logs_contain "$id" ready
  minibox pause "$id"
  run minibox stop "$id"
  assert_output "Container $id stopped"
  assert_equal "$(field "$id" exit)" 6
  minibox start "$id"
  minibox pause "$id"
  run minibox kill "$id"
  assert_success
  assert_equal "$(field "$id" exit)" 137
  minibox start "$id"
  minibox pause "$id"
  run minibox rm -f "$id"
  assert_success
}

@test "update changes the limits of a running container, in the kernel and for its next start" {
  local id
  id=$(minibox run -d -m 64 busybox sleep 1000)
  run minibox update -m 128m --cpus 0.5 --pids-limit 33 "$id"
  assert_success
  assert_output "Container $id updated"
  assert_equal "$(memory_limit "$id")" 134217728
  assert_equal "$(cat "$(cgroup_file "$id" pids.max)")" 33
  local quota
  quota=$(cgroup_file "$id" cpu.cfs_quota_us)
  assert_equal "$(awk '{print $1}' "${quota:-$(cgroup_file "$id" cpu.max)}")" 50000
  assert_equal "$(minibox inspect "$id" | jq '.[0].HostConfig.Memory')" 134217728
  minibox restart -t 0 "$id"
  assert_equal "$(cat "$(cgroup_file "$id" pids.max)")" 33
  assert_equal "$(minibox inspect "$id" | jq '.[0].HostConfig.CpuQuota')" 50000
  minibox rm -f "$id"
}

@test "an update that can't be applied changes nothing" {
  local id before
  id=$(minibox run -d -m 64 --pids-limit 50 busybox sh -c 'head -c 30m /dev/zero >/dev/shm/full; echo ready; exec sleep 1000')
  wait_until logs_contain "$id" ready
  before=$(minibox inspect "$id" | jq -c '.[0].HostConfig')
  run minibox update --pids-limit 20 -m 8 "$id"
  assert_failure 1
  assert_output --partial "cannot update"
  assert_equal "$(minibox inspect "$id" | jq -c '.[0].HostConfig')" "$before"
  assert_equal "$(memory_limit "$id")" 67108864
  assert_equal "$(cat "$(cgroup_file "$id" pids.max)")" 50
  assert_equal "$(field "$id" status)" running
  run minibox update "$id"
  assert_failure 2
  run minibox update --cpus nonsense "$id"
  assert_failure 2
  minibox rm -f "$id"
}

@test "stats: memory, processor time, tasks, and traffic from the container's point of view" {
  local id stats
  id=$(minibox run -d --name used -m 64 -p 18082:80 busybox sh -c 'mkdir /www; head -c 1m /dev/zero >/www/zeros; exec httpd -f -p 80 -h /www')
  wait_until in_host curl -sS -o /dev/null http://127.0.0.1:18082/zeros
  stats=$(api "http://127.0.0.1:8080/containers/stats?id=$id")
  assert_equal "$(jq -r .id <<<"$stats")" "$id"
  assert_equal "$(jq .memory_limit <<<"$stats")" 67108864
  run jq '.memory_usage > 100000 and .cpu_usage_usec > 0 and .pids >= 2 and .cpu_percent == 0' <<<"$stats"
  assert_output true
  # It has sent a megabyte and received next to nothing.
  run jq '.net_output > 1000000 and .net_input < 500000 and .net_input > 0' <<<"$stats"
  assert_output true
  run minibox stats --no-stream used
  assert_success
  assert_line --index 0 --regexp 'CONTAINER ID +NAME +CPU +MEMORY / LIMIT'
  assert_line --index 1 --regexp "$id +used +[0-9.]+% +.* / 64.00 MB"
  minibox stop -t 0 used
  run api -o /dev/null -w '%{http_code}' "http://127.0.0.1:8080/containers/stats?id=$id"
  assert_output 409
  run minibox stats used
  assert_failure 1
  minibox rm used
}

@test "stats: a busy container uses a core, an idle one none" {
  local busy
  busy=$(minibox run -d --cpus 0.5 busybox sh -c 'while :; do :; done')
  api "http://127.0.0.1:8080/containers/stats?id=$busy" >/dev/null
  wait_until cpu_time_passed "$busy" 300000
  run bash -c "nsenter --net=/run/netns/$host curl -sS 'http://127.0.0.1:8080/containers/stats?id=$busy' | jq '.cpu_percent > 1 and .cpu_percent < 80'"
  assert_output true
  minibox rm -f "$busy"
}

# By the cgroup and not by stats, which would begin a new interval.
cpu_time_passed() {
  local file
  file=$(find /sys/fs/cgroup -path "*/minibox-$bridge/$1/cpu.stat" -exec grep -l usage_usec {} + | head -n 1)
  [ "$(awk '/^usage_usec/ {print $2}' "$file")" -gt "$2" ]
}

@test "top lists the processes with both pids" {
  local id
  id=$(minibox run -d -u 1000 busybox sh -c 'sleep 4321 & exec sleep 1234')
  wait_until processes_are "$id" 3
  run minibox top "$id"
  assert_line --index 0 --regexp 'PID +HOST PID +UID +STATE +THREADS +COMMAND'
  assert_line --regexp "^1 +$(container_pid "$id") +1000 .*minibox-init"
  assert_line --regexp '^2 +[0-9]+ +1000 +[A-Z] +1 +sleep 1234$'
  assert_line --partial 'sleep 4321'
  minibox rm -f "$id"
}

processes_are() { [ "$(minibox top "$1" | grep -c sleep)" -eq $(($2 - 1)) ]; }

@test "diff lists what was added, changed and deleted" {
  local id
  id=$(minibox run -d busybox sh -c 'echo x >/added; mkdir /dir; echo y >/dir/inside; echo root::0:0::/: >>/etc/passwd; rm /etc/group; ln -s /etc /link')
  minibox wait "$id"
  run minibox diff "$id"
  assert_success
  assert_line "A /added"
  assert_line "A /dir"
  assert_line "A /dir/inside"
  assert_line "C /etc/passwd"
  assert_line "D /etc/group"
  assert_line "A /link"
  refute_line --partial /link/
  minibox rm "$id"
}

@test "a paused container takes no exec, and says so at once" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  minibox pause "$id"
  run minibox exec "$id" true
  assert_failure 125
  assert_output --partial "container '$id' is paused"
  minibox rm -f "$id"
}

@test "top shows at most 4 KB of a command line" {
  local id
  id=$(minibox run -d busybox sh -c 'sleep 1000; true' "$(printf 'x%.0s' {1..100000})")
  wait_until processes_are "$id" 3
  run bash -c "nsenter --net=/run/netns/$host curl -sS 'http://127.0.0.1:8080/containers/top?id=$id' | jq '[.. | .command? // empty | length] | max'"
  assert_output 4096
  minibox rm -f "$id"
}

@test "diff gives up at 64 MB of paths, and the container can still be removed" {
  local id
  # 2,800 files, each with a path of about 25,000 bytes.
  id=$(minibox run -d busybox sh -c '
    name=$(printf "%0250d" 0)
    level=0; while [ $level -lt 100 ]; do mkdir $name; cd -P $name 2>/dev/null; level=$((level+1)); done
    i=0; while [ $i -lt 2800 ]; do : >$i; i=$((i+1)); done')
  deadline_seconds=60 wait_until status_is "$id" exited
  assert_equal "$(minibox wait "$id")" 0
  run minibox diff "$id"
  assert_failure 1
  assert_output --partial "more than 64 MB of changed paths"
  run minibox rm "$id"
  assert_success
}

@test "rm -f takes a container that many want to start again at that moment" {
  local round id job jobs
  for round in {1..15}; do
    id=$(minibox run -d busybox sleep 1000)
    jobs=()
    for job in {1..6}; do
      exec_in_host bash -c "until curl -sS -o '$dir/start.$job' -w '%{http_code}' -X POST 'http://127.0.0.1:8080/containers/start?id=$id' | grep -q 404; do :; done" 3>&- &
      jobs+=($!)
    done
    wait_until test -s "$dir/start.6"
    run minibox rm -f "$id"
    assert_success
    for job in "${jobs[@]}"; do wait "$job"; done
    rm -f "$dir"/start.*
    assert_equal "$(minibox ps -aq)" ""
    wait_until no_process_of "$id" || fail "round $round: the removed container runs"
  done
}

no_process_of() { ! grep -qs "/minibox-$bridge/$1" /proc/[0-9]*/cgroup; }

@test "a controller that only an update has brought is left with the container" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  minibox update --cpus 0.5 -m 64 --pids-limit 50 "$id"
  assert [ -n "$(find /sys/fs/cgroup -path "*/minibox-$bridge/$id")" ]
  minibox kill "$id"
  wait_until no_cgroup_of "$id" || fail "left: $(find /sys/fs/cgroup -path "*/minibox-$bridge/$id*")"
  minibox rm "$id"
}

no_cgroup_of() { [ -z "$(find /sys/fs/cgroup -path "*/minibox-$bridge/$1*" 2>/dev/null)" ]; }

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
