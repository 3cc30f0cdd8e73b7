# What other people's processes do to ours: clients that stop reading, daemons started twice, shims that get killed.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

@test "a client that stops reading can't keep its container from being stopped and removed" {
  exec_minibox run --name flood busybox sh -c 'head -c 20000000 /dev/zero; echo end' >"$dir/flood.out" 2>/dev/null 3>&- &
  local client=$!
  wait_until test -s "$dir/flood.out"
  kill -STOP "$client"
  run in_host timeout 10 "$bin/minibox" rm -f flood
  assert_success
  kill -KILL "$client"
  wait "$client" || true
}

@test "idle connections of any user do not lock root out of the unix socket" {
  minibox run -d --name guarded busybox sleep 1000
  exec_in_host bash -c 'for _ in {1..300}; do exec {fd}<>/dev/tcp/127.0.0.1/8080; done; exec sleep 1000' >/dev/null 2>&1 3>&- &
  local flood=$!
  wait_until logs_say_full
  run env -u MINIBOX_API nsenter --net="/run/netns/$host" timeout 10 "$bin/minibox" stop -t 0 guarded
  assert_success
  run in_host timeout 10 "$bin/minibox" rm guarded
  assert_success
  kill "$flood"
}

logs_say_full() { grep -q "TCP: 256 connections are open; closed the one that was idle longest" "$dir/miniboxd.log"; }

@test "a start that hangs and whose shim is killed leaves no process and no cgroup" {
  minibox run --rm busybox true
  local parent client status=0
  parent=$(find /sys/fs/cgroup -maxdepth 3 -path "*/minibox-$bridge/cgroup.freeze" -printf '%h')
  echo 1 >"$parent/cgroup.freeze" # from here a set-up does not get beyond its first instruction
  exec_minibox run --name stuck busybox true >/dev/null 2>"$dir/stuck.err" 3>&- &
  client=$!
  wait_until stuck_process "$parent"
  kill -KILL "$(awk '$1 == "PPid:" { print $2 }' "/proc/$(stuck_process "$parent")/status")"
  wait "$client" || status=$?
  echo 0 >"$parent/cgroup.freeze"
  assert_equal "$status" 125
  run cat "$dir/stuck.err"
  assert_output --partial "the shim died: signal 9"
  run find /sys/fs/cgroup -path "*/minibox-$bridge/*" -type d
  assert_output ""
  wait_until no_process_left
}

no_process_left() { [ -z "$(processes_of_daemon)" ]; }
stuck_process() { cat "$1"/*/cgroup.procs 2>/dev/null | grep -m 1 .; }

@test "a program that ignores Ctrl-C is killed at the third" {
  exec_minibox run --name deaf busybox sh -c 'trap "echo no" INT; echo ready; while :; do sleep 1000 & wait $!; done' >"$dir/deaf.out" 2>"$dir/deaf.err" 3>&- &
  local client=$! status=0 count
  wait_until grep -q ready "$dir/deaf.out"
  for count in 1 2; do
    kill -INT "$client"
    wait_until has_lines "$dir/deaf.out" $((count + 1))
  done
  kill -INT "$client"
  wait "$client" || status=$?
  assert_equal "$status" 137
  run cat "$dir/deaf.err"
  assert_output --partial "killing the container"
  minibox rm deaf
}

has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

@test "all output arrives although the client reads it only after the end" {
  mkfifo "$dir/slow"
  exec_minibox run --name slow busybox sh -c 'head -c 100000 /dev/zero' >"$dir/slow" 2>/dev/null 3>&- &
  local client=$!
  exec 8<"$dir/slow"
  wait_until has_exited slow
  run wc -c <&8
  exec 8<&-
  assert_output 100000
  wait "$client"
  minibox rm slow
}

has_exited() { in_host curl -sS http://127.0.0.1:8080/containers | jq -e --arg n "$1" 'any(.[]; .name == $n and .status == "exited")' >/dev/null; }

@test "a second daemon on the same data root or bridge is refused and harms nothing" {
  local id
  id=$(minibox run -d --name kept -p 18090:80 busybox sh -c 'mkdir /w; echo kept >/w/index.html; exec httpd -f -p 80 -h /w')
  run in_host "$bin/miniboxd"
  assert_failure 1
  assert_output --partial "another daemon uses the data root"
  run in_host env MINIBOX_DATA_ROOT="$dir/other" MINIBOX_HTTP_ADDR=127.0.0.1:8099 MINIBOX_SOCKET="$dir/other.sock" "$bin/miniboxd"
  assert_failure 1
  assert_output --partial "another daemon uses the bridge"
  run in_host curl -sS --max-time 5 http://127.0.0.1:18090/
  assert_output kept
  minibox rm -f "$id"
}

@test "a container run with --rm keeps address, port and command over the daemon's death" {
  minibox run -d --rm --name fleeting -p 18091:80 busybox sh -c 'mkdir /w; echo here >/w/index.html; exec httpd -f -p 80 -h /w'
  kill_daemon
  start_daemon
  run in_host curl -sS --max-time 5 http://127.0.0.1:18091/
  assert_output here
  run minibox ps
  assert_output --partial "sh -c mkdir /w"
  minibox stop -t 1 fleeting
  wait_until no_containers
}

no_containers() { [ -z "$(container_ids)" ]; }

@test "killed ready-made shims are replaced" {
  local pid
  for pid in $(pgrep -P "$(<"$dir/daemon.pid")"); do kill -KILL "$pid"; done
  for _ in {1..6}; do
    run minibox run --rm --network none busybox echo ok
    assert_output ok
  done
}

@test "a killed shim takes its container with it, and the daemon says so" {
  local id pid
  id=$(minibox run -d --name orphan busybox sleep 1000)
  pid=$(in_host curl -sS http://127.0.0.1:8080/containers | jq -r --arg id "$id" '.[$id].pid')
  kill -KILL "$(cut -d' ' -f4 "/proc/$pid/stat")"
  wait_until status_is "$id" exited
  wait_until test ! -e "/proc/$pid"
  run find /sys/fs/cgroup -type d -name "$id"
  assert_output ""
  run minibox start orphan
  assert_success
  minibox rm -f orphan
}

@test "trees of any depth are removed" {
  minibox run --rm busybox sh -c 'i=0; while [ $i -lt 1500 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done'
  run minibox run --rm busybox echo "still there"
  assert_output "still there"
}

@test "the embedded image comes back when it is needed" {
  minibox rmi busybox
  run minibox run --rm busybox echo back
  assert_output back
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
