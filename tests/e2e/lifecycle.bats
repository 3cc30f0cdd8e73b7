# ps, logs, stop, kill, start, rm, images, rmi.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

@test "ping, version and help answer" {
  run minibox ping
  assert_success
  assert_output --partial "Daemon is running"
  run minibox version
  assert_success
  assert_output --regexp '^minibox [0-9]+\.[0-9]+\.[0-9]+'
  run minibox help
  assert_success
  assert_output --partial run
  run minibox
  assert_success
}

@test "usage errors exit with 2" {
  run minibox no-such-command
  assert_failure 2
  run minibox ps --no-such-flag
  assert_failure 2
  run minibox run
  assert_failure 2
}

@test "ps without containers says so" {
  run minibox ps
  assert_success
  assert_output --partial "No active containers found. Use -a to see all."
  run minibox ps --json
  assert_output "[]"
}

@test "ps shows running containers, ps -a those that ended with their exit status" {
  local id
  id=$(minibox run -d --name runner busybox sleep 1000)
  run minibox run --name failed busybox sh -c 'exit 3'
  assert_failure 3
  run minibox ps
  assert_line --index 0 --regexp 'CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +HEALTH +EXIT +PORTS +NAMES'
  assert_output --partial "$id"
  assert_output --partial "sleep 1000"
  refute_output --partial "exit 3"
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' ps -a --json | jq -r '.[] | select(.command | contains(\"exit 3\")) | .status, .exit'"
  assert_line --index 0 exited
  assert_line --index 1 3
  minibox rm -f runner failed
}

@test "logs prints all that was written, stdout and stderr" {
  local id
  id=$(minibox run -d busybox sh -c 'echo one; echo two >&2')
  wait_until status_is "$id" exited
  run minibox logs "$id"
  assert_success
  assert_line one
  assert_line two
  minibox rm "$id"
}

@test "logs -f follows until the container ends" {
  local id
  id=$(minibox run -d busybox sh -c 'echo begin; trap "echo end; exit 0" TERM; while :; do sleep 1; done')
  exec_minibox logs -f "$id" >"$dir/follow.out" 3>&- &
  local follower=$!
  wait_until grep -q begin "$dir/follow.out"
  minibox stop "$id"
  wait_until has_ended $follower
  run cat "$dir/follow.out"
  assert_line --index 0 begin
  assert_line end
  minibox rm "$id"
}

@test "stop asks with TERM first" {
  local id
  id=$(minibox run -d busybox sh -c 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 1; done')
  wait_until logs_contain "$id" ready
  run minibox stop "$id"
  assert_success
  assert_output "Container $id stopped"
  assert_equal "$(field "$id" exit)" 5
  run minibox logs "$id"
  assert_line bye
  minibox rm "$id"
}

@test "stop kills what ignores TERM after -t seconds" {
  local id
  id=$(minibox run -d busybox sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done')
  wait_until logs_contain "$id" ready
  run minibox stop -t 1 "$id"
  assert_success
  assert_output "Container $id killed (timeout)"
  assert_equal "$(field "$id" exit)" 137
  run minibox stop "$id"
  assert_success
  assert_output "Container $id not running"
  minibox rm "$id"
}

@test "kill ends every process, daemonised ones included" {
  local id
  id=$(minibox run -d busybox sh -c 'setsid sleep 987654 & echo ready; sleep 987654')
  wait_until logs_contain "$id" ready
  run minibox kill "$id"
  assert_success
  assert_output "Container $id killed"
  assert_equal "$(field "$id" exit)" 137
  run pgrep -f 'sleep 987654'
  assert_failure
  run minibox kill "$id"
  assert_failure 1
  assert_output --partial "not running"
  minibox rm "$id"
}

@test "start runs a stopped container again with its files" {
  local id
  id=$(minibox run -d busybox sh -c 'echo x >>/count; wc -l </count')
  wait_until status_is "$id" exited
  run minibox start "$id"
  assert_success
  assert_output "$id"
  wait_until logs_contain "$id" 2
  wait_until status_is "$id" exited
  minibox rm "$id"
}

@test "start refuses a running container" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  run minibox start "$id"
  assert_failure 1
  assert_output --partial "already running"
  minibox rm -f "$id"
}

@test "rm refuses a running container, rm -f takes it" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  run minibox rm "$id"
  assert_failure 1
  assert_output --partial "is running"
  run minibox rm -f "$id"
  assert_success
  assert_output "Container $id removed"
  run minibox rm "$id"
  assert_failure 1
  assert_output --partial "not found"
}

@test "a name is taken once and free again after rm" {
  minibox run -d --name unique busybox sleep 1000
  run minibox run -d --name unique busybox true
  assert_failure 125
  assert_output --partial unique
  minibox rm -f unique
  run minibox run --rm --name unique busybox true
  assert_success
}

@test "ps -q prints ids for other commands" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  run minibox ps -q
  assert_output "$id"
  run minibox rm -f $(minibox ps -aq)
  assert_success
  run minibox ps -aq
  assert_output ""
}

@test "commands take ids, unique prefixes and names" {
  local id
  id=$(minibox run -d --name byname busybox sh -c 'echo found me; sleep 1000')
  wait_until logs_contain byname 'found me'
  run minibox logs "${id:0:5}"
  assert_output 'found me'
  run minibox rm -f byname
  assert_success
}

@test "images lists the embedded busybox with a digest" {
  run minibox images
  assert_success
  assert_line --index 0 --regexp 'REPOSITORY +TAG +IMAGE ID +SIZE'
  assert_output --regexp 'busybox +latest +[a-f0-9]{12}'
}

@test "rmi removes an image; an unknown one is an error" {
  mkdir -p "$dir/ctx"
  printf 'BASE busybox\nBLOCK one\n    RUN true\nSTART true\n' >"$dir/ctx/MiniBox"
  minibox build -t throwaway "$dir/ctx"
  run minibox rmi throwaway
  assert_success
  assert_output "Image throwaway removed"
  run minibox images
  refute_output --partial throwaway
  run minibox rmi throwaway
  assert_failure 1
  assert_output --partial "image not found"
}

@test "twenty containers at once start, run and go" {
  local id ids=() jobs=()
  for i in {1..20}; do
    exec_minibox run --rm busybox echo "number $i" >"$dir/many.$i" 3>&- &
    jobs+=($!)
  done
  for i in "${jobs[@]}"; do wait "$i"; done
  for i in {1..20}; do assert_equal "$(cat "$dir/many.$i")" "number $i"; done
  run minibox ps -a --json
  assert_output "[]"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
