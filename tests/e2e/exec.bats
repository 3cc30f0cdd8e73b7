# minibox exec: another program in a running container, confined exactly as the container is.

load lib/daemon
setup_file() {
  start_host
  start_daemon
  minibox run -d --name box -e KEPT=yes -m 64 --pids-limit 40 busybox sh -c 'exec sleep 100000' >"$dir/box.id"
}
teardown_file() { stop_host; }

# What the container's own program and an exec say about themselves, line by line.
confinement='id; hostname; pwd; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; cat /proc/self/uid_map /proc/self/cgroup
  ulimit -a; for ns in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$ns; done; cat /proc/self/mountinfo
  ls /proc/self/fd; env | grep -v ^SHLVL'

@test "exec runs in the same root, namespaces, cgroup and confinement as run" {
  minibox run -d --name twin -e KEPT=yes busybox sh -c "($confinement); echo end; exec sleep 100000"
  wait_until logs_contain twin '^end$'
  minibox logs twin | grep -v '^end$' >"$dir/of-run"
  minibox exec twin sh -c "($confinement)" >"$dir/of-exec"
  run diff "$dir/of-run" "$dir/of-exec"
  assert_output ""
  run cat "$dir/of-exec"
  assert_output --partial "0     100000      65536"
  assert_output --partial "Seccomp:	2"
  assert_output --partial KEPT=yes
  minibox rm -f twin
}

@test "stdout and stderr stay apart and the exit status is handed on" {
  run --separate-stderr minibox exec box sh -c 'echo out; echo err >&2; exit 7'
  assert_failure 7
  assert_output out
  assert_equal "$stderr" err
}

@test "its output is not the container's log" {
  minibox exec box echo unheard
  run minibox logs box
  refute_output --partial unheard
}

@test "a signal gives 128 plus its number, 126 not executable, 127 not found" {
  run minibox exec box sh -c 'kill -9 $$'
  assert_failure 137
  run minibox exec box /etc/passwd
  assert_failure 126
  run -127 minibox exec box no-such-command
  assert_output --partial "command not found: 'no-such-command'"
  run -127 minibox exec box /no/such/file
}

@test "who is not there or does not run is named" {
  run minibox exec nobody true
  assert_failure 125
  assert_output --partial "container not found"
  local id
  id=$(minibox run -d busybox true)
  wait_until status_is "$id" exited
  run minibox exec "$id" true
  assert_failure 125
  assert_output --partial "container '$id' is not running"
  assert_output --partial "minibox start"
  minibox rm "$id"
}

@test "-e, -w and -u" {
  run minibox exec -e ADDED=1 -e KEPT=no -w /tmp box sh -c 'echo $ADDED $KEPT $(pwd)'
  assert_output "1 no /tmp"
  run minibox exec -u 1234:56 box sh -c 'id -u; id -g; grep CapEff /proc/self/status; echo $HOME'
  assert_line --index 0 1234
  assert_line --index 1 56
  assert_line --index 2 "CapEff:	0000000000000000"
  assert_line --index 3 /
  # By the container's files as they are now, not as they were in the image.
  minibox exec box sh -c 'echo "late:x:77:78:late:/late:/bin/sh" >>/etc/passwd'
  run minibox exec -u late box sh -c 'id -u; id -g; echo $HOME'
  assert_output $'77\n78\n/late'
  run minibox exec -u ghost box true
  assert_failure 125
  assert_output --partial "user 'ghost' is not in"
  run minibox exec -u 70000 box true
  assert_failure 125
  assert_output --partial "outside the container's ids"
}

@test "-i feeds stdin, to its end" {
  run bash -c "head -c 3000000 /dev/zero | tr '\0' x | nsenter --net=/run/netns/$host '$bin/minibox' exec -i box wc -c"
  assert_success
  assert_output 3000000
  run bash -c "echo ignored | nsenter --net=/run/netns/$host '$bin/minibox' exec box cat"
  assert_success
  assert_output ""
}

@test "what a program does not read holds up neither its output nor signals" {
  exec_minibox exec -i box sh -c 'trap "echo got TERM; exit 3" TERM; echo ready; while :; do sleep 0.1; done' \
    </dev/zero >"$dir/unread.out" 3>&- &
  local client=$! status=0
  wait_until grep -q ready "$dir/unread.out"
  kill -TERM $client
  wait $client || status=$?
  assert_equal $status 3
  run cat "$dir/unread.out"
  assert_line "got TERM"
}

@test "run -i feeds stdin, and its end ends cat" {
  run bash -c "printf 'one\ntwo\n' | nsenter --net=/run/netns/$host '$bin/minibox' run --rm -i busybox cat"
  assert_success
  assert_output $'one\ntwo'
}

@test "a signal reaches the program and its children" {
  exec_minibox exec box sh -c 'echo ready; sleep 1000; echo survived' >"$dir/signal.out" 3>&- &
  local client=$! status=0
  wait_until grep -q ready "$dir/signal.out"
  kill -INT $client
  wait $client || status=$?
  assert_equal $status 130
  run minibox exec box ps
  refute_output --partial "sleep 1000"$'\n'
}

@test "-d returns at once and the program goes on" {
  run minibox exec -d box sh -c 'echo nowhere; echo started >/tmp/detached; exec sleep 4242'
  assert_success
  assert_output ""
  wait_until minibox exec box test -e /tmp/detached
  run minibox exec box sh -c 'ps | grep "[s]leep 4242"'
  assert_success
  run -127 minibox exec -d box no-such-command
  minibox exec box sh -c 'kill $(pidof sleep | tr " " "\n" | grep -vx 2)'
}

@test "the container's end ends what was executed in it" {
  local id client status=0
  id=$(minibox run -d busybox sleep 100000)
  exec_minibox exec "$id" sh -c 'echo ready; exec sleep 100000' >"$dir/ends.out" 3>&- &
  client=$!
  wait_until grep -q ready "$dir/ends.out"
  minibox kill "$id"
  wait $client || status=$?
  assert_equal $status 137
  run minibox exec "$id" true
  assert_failure 125
  minibox rm "$id"
}

@test "what an exec leaves running does not keep it" {
  # Not even one that goes on writing to its stdout.
  run minibox exec box sh -c 'yes & sleep 0.1; exit 5'
  assert_failure 5
  run minibox exec box sh -c '(trap "" PIPE; while :; do sleep 1; done) & echo left'
  assert_success
  assert_output left
  minibox exec box sh -c 'kill -9 $(ps | awk "/while :/ && !/awk/ {print \$1}")' || true
}

@test "its memory counts as the container's" {
  run minibox exec box sh -c 'x=a; while true; do x=$x$x; done'
  assert_failure 137
  run minibox exec box echo "still there"
  assert_output "still there"
}

@test "an exec goes on, and tells its exit status, when the daemon dies" {
  exec_minibox exec -i box sh -c 'echo before; read line; echo "after $line"; exit 6' \
    < <(wait_until has_ended "$daemon" && echo news) >"$dir/outlives.out" 3>&- &
  local client=$! status=0
  wait_until grep -q before "$dir/outlives.out"
  kill_daemon
  wait $client || status=$?
  assert_equal $status 6
  run cat "$dir/outlives.out"
  assert_output $'before\nafter news'
  start_daemon
  run minibox exec box echo adopted
  assert_output adopted
}

# Nothing of a container can hold an exec up for longer than that; here somebody else has frozen it.
@test "an exec that can't begin ends with an error, and holds nothing up" {
  local frozen freezer
  frozen=$(minibox run -d --name frozen busybox sleep 1000)
  freezer=$(find /sys/fs/cgroup -path "*/minibox-$bridge/$frozen/cgroup.freeze" | head -n 1)
  echo 1 >"$freezer"
  exec_minibox exec frozen true >"$dir/frozen.out" 2>&1 3>&- &
  local client=$! status=0
  run minibox exec box echo meanwhile
  assert_output meanwhile
  wait $client || status=$?
  echo 0 >"$freezer"
  assert_equal $status 125
  run cat "$dir/frozen.out"
  assert_output --partial "did not start the program within 10 s"
  run minibox exec frozen echo thawed
  assert_output thawed
  minibox rm -f frozen
}

@test "no shim is left as a zombie" {
  minibox exec box true
  wait_until no_zombies
}

no_zombies() { ! ps -o stat= --ppid "$(<"$dir/daemon.pid")" | grep -q Z; }

@test "old clients: the combined output as a body" {
  local url=http://127.0.0.1:8080/containers/exec
  post() { in_host curl -sS -H 'Content-Type: application/json' -d "$1" "$url"; }
  run post '{"id": "box", "command": ["sh", "-c", "echo out; echo err >&2"]}'
  assert_line out
  assert_line err
  run post '{"id": "box", "command": []}'
  assert_output "Command is required"
  run post '{"command": ["true"]}'
  assert_output "Container ID is required"
  run post '{"id": "ffffffff", "command": ["true"]}'
  assert_output "container not found"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
