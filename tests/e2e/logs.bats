# minibox logs: each stream to its own, the last lines, times, and a log that can't fill the disk.
load lib/daemon

setup_file() {
  start_host
  export MINIBOX_LOG_LIMIT=1
  start_daemon
}
teardown_file() { stop_host; }


@test "logs keeps stdout and stderr apart" {
  local id
  id=$(minibox run -d busybox sh -c 'echo out; echo err >&2; echo more')
  wait_until status_is "$id" exited
  minibox logs "$id" >"$dir/out" 2>"$dir/err"
  assert_equal "$(<"$dir/out")" $'out\nmore'
  assert_equal "$(<"$dir/err")" err
  minibox rm "$id"
}

@test "the file container.log holds the plain bytes, and the API serves it and parts of it" {
  local id
  id=$(minibox run -d busybox sh -c 'echo one; echo two >&2')
  wait_until status_is "$id" exited
  assert_equal "$(<"$data/containers/$id/container.log")" $'one\ntwo'
  assert_equal "$(in_host curl -sS "http://127.0.0.1:8080/containers/logs?id=$id")" $'one\ntwo'
  assert_equal "$(in_host curl -sS -H 'Range: bytes=4-6' "http://127.0.0.1:8080/containers/logs?id=$id")" two
  minibox rm "$id"
}

@test "logs --tail gives the last lines, also before following" {
  local id
  id=$(minibox run -d busybox sh -c 'seq 1 100; trap "exit 0" TERM; while :; do sleep 1; done')
  wait_until logs_contain "$id" '^100$'
  run minibox logs --tail 2 "$id"
  assert_output $'99\n100'
  run minibox logs -n 0 "$id"
  assert_output ""
  exec_minibox logs -f -n 1 "$id" >"$dir/follow.out" 3>&- &
  local follower=$!
  wait_until grep -qx 100 "$dir/follow.out"
  minibox stop "$id"
  wait_until has_ended $follower
  assert_equal "$(<"$dir/follow.out")" 100
  minibox rm "$id"
}

@test "logs -f goes through the restarts of a restart policy and ends with the last life" {
  mkdir "$dir/gate"
  minibox run -d --name lives --restart on-failure:2 -v "$dir/gate:/gate:ro" busybox sh -c 'echo life; while [ ! -e /gate/open ]; do sleep 0.05; done; exit 1'
  exec_minibox logs -f lives >"$dir/lives.out" 3>&- &
  local follower=$!
  wait_until grep -q life "$dir/lives.out"
  touch "$dir/gate/open"
  wait_until has_ended $follower
  assert_equal "$(<"$dir/lives.out")" $'life\nlife\nlife'
  minibox rm lives
}

@test "logs -f goes on through restart, and ends with stop" {
  minibox run -d --name phoenix busybox sh -c 'trap "exit 0" TERM; echo up; while :; do sleep 1000 & wait $!; done'
  exec_minibox logs -f phoenix >"$dir/phoenix.out" 3>&- &
  local follower=$!
  wait_until grep -q up "$dir/phoenix.out"
  minibox restart phoenix
  wait_until has_two_lines "$dir/phoenix.out"
  minibox stop phoenix
  wait_until has_ended $follower
  minibox rm phoenix
}

@test "logs -f ends when a container that waits for its restart is stopped or removed" {
  local how follower
  for how in stop "rm -f"; do
    minibox run -d --name looper --restart always busybox sh -c 'echo once; exit 1'
    exec_minibox logs -f looper >"$dir/looper.out" 3>&- &
    follower=$!
    wait_until grep -q once "$dir/looper.out"
    wait_until looper_waits
    minibox $how looper
    wait_until has_ended $follower
    minibox rm -f looper || true
  done
}

has_two_lines() { [ "$(wc -l <"$1")" = 2 ]; }
looper_waits() { [ "$(minibox inspect looper | jq -r '.[0].State.Status')" = restarting ]; }

@test "logs --until leaves out what is newer" {
  minibox run --name timed busybox sh -c 'echo first; sleep 0.01; echo second'
  local second
  second=$(minibox logs -t timed | sed -n 's/ second$//p')
  run minibox logs --until "$second" timed
  assert_output first
  run minibox logs -f --until "$second" timed
  assert_output first
  run minibox logs --until 1h timed
  assert_output ""
  minibox rm timed
}

@test "logs -t puts the time before each line, --since leaves out what is older" {
  local id
  id=$(minibox run -d busybox sh -c 'echo old; read x; echo new' </dev/null)
  wait_until status_is "$id" exited
  run minibox logs -t "$id"
  assert_line --index 0 --regexp '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z old$'
  run minibox logs --since 1h "$id"
  assert_line old
  run minibox logs --since "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)" "$id"
  assert_success
  assert_output ""
  run minibox logs --since yesterday "$id"
  assert_failure 2
  assert_output --partial "--since 'yesterday'"
  minibox rm "$id"
}

@test "bad tail and since are refused with the value" {
  run in_host curl -sS "http://127.0.0.1:8080/containers/logs?id=00000000&tail=-1"
  assert_output --partial "tail='-1'"
  run in_host curl -sS "http://127.0.0.1:8080/containers/logs?id=00000000&since=never"
  assert_output --partial "since='never'"
}

@test "a container that writes without end does not fill the disk, and its last lines are there" {
  local id size
  id=$(minibox run -d busybox sh -c 'i=0; while [ $i -lt 60000 ]; do echo "line $i of a very talkative program"; i=$((i+1)); done')
  deadline_seconds=60 wait_until status_is "$id" exited
  size=$(cat "$data/containers/$id"/container.log* | wc -c)
  assert [ "$size" -le $((1048576 + 131072)) ]
  run minibox logs -n 1 "$id"
  assert_output "line 59999 of a very talkative program"
  # What is left is whole: consecutive numbers, without a gap where the files meet.
  minibox logs "$id" | awk 'NR > 2 && $2 != last + 1 { exit 1 } { last = $2 }'
  assert [ "$(minibox logs "$id" | wc -l)" -gt 8000 ]
  minibox rm "$id"
}

@test "followers get the end, however often the log is rotated" {
  local id follower followers=()
  id=$(minibox run -d busybox sh -c 'trap : TERM; echo ready; sleep 987654 & wait; i=0; while [ $i -lt 120000 ]; do echo "line $i of a very talkative program"; i=$((i+1)); done')
  for i in 1 2 3; do
    exec_minibox logs -f "$id" >"$dir/follow.$i" 3>&- &
    followers+=($!)
    wait_until grep -q ready "$dir/follow.$i"
  done
  in_host curl -sS --unix-socket "$MINIBOX_SOCKET" -X POST "http://minibox/containers/stop?id=$id&t=60" >/dev/null
  for follower in "${followers[@]}"; do wait_until has_ended "$follower"; done
  assert [ -e "$data/containers/$id/container.log.1" ]
  for i in 1 2 3; do
    assert_equal "$(tail -n 1 "$dir/follow.$i")" "line 119999 of a very talkative program"
  done
  # What was read to its end is let go.
  run find "/proc/$daemon/fd" -lname '*container.log*'
  assert_output ""
  minibox rm "$id"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
