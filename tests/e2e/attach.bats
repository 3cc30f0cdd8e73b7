# minibox attach: more clients for a running container's streams.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

# attach NAME OUT [OPTION...]: in the background as $client; returns when it receives output.
attach() {
  local name=$1 out=$2
  shift 2
  exec_minibox attach "$@" "$name" >"$out" 2>"$out.err" 3>&- &
  client=$!
  wait_until test -s "$out"
}

ticker='trap "echo stopping; exit 4" TERM; i=0; while :; do i=$((i+1)); echo tick $i; echo err >&2; sleep 0.1; done'

@test "several clients see the output and learn the exit status" {
  local first second status=0
  minibox run -d --name many busybox sh -c "$ticker"
  attach many "$dir/first" && first=$client
  attach many "$dir/second" && second=$client
  minibox stop many
  wait "$first" || status=$?
  assert_equal $status 4
  wait "$second" || status=$?
  assert_equal $status 4
  for out in first second; do
    run cat "$dir/$out"
    assert_line stopping
    refute_output --partial err
    run cat "$dir/$out.err"
    assert_line err
  done
  minibox rm many
}

@test "a signal goes to the container, with --sig-proxy=false it only ends attach" {
  local status=0
  minibox run -d --name signalled busybox sh -c "$ticker"
  attach signalled "$dir/left" --sig-proxy=false
  kill -INT $client
  wait $client || status=$?
  assert_equal $status 130
  run minibox exec signalled true
  assert_success
  attach signalled "$dir/stopped"
  kill -TERM $client
  status=0
  wait $client || status=$?
  assert_equal $status 4
  minibox rm signalled
}

@test "a reader of attach that leaves ends attach; with --sig-proxy=false the container does not hear of it" {
  minibox run -d --name piped busybox sh -c "$ticker"
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' attach --sig-proxy=false piped 2>/dev/null | head -n 1"
  assert_output --partial tick
  run minibox exec piped true
  assert_success
  minibox rm -f piped
}

@test "run -d -i keeps stdin open for those who attach; their end is not its end" {
  minibox run -d -i --name reader busybox sh -c 'while read line; do echo "read $line"; [ "$line" != last ] || exit 5; done; echo end'
  echo one | attach_for_a_while reader
  wait_until logs_contain reader "read one"
  echo two | attach_for_a_while reader
  wait_until logs_contain reader "read two"
  run minibox logs reader
  refute_output --partial end
  run bash -c "{ echo last; sleep 1; } | nsenter --net=/run/netns/$host '$bin/minibox' attach reader"
  assert_failure 5
  assert_output --partial "read last"
  minibox rm reader
}

attach_for_a_while() { in_host timeout 2 "$bin/minibox" attach --sig-proxy=false "$1" >/dev/null 3>&- || true; }

@test "a second client of a foreground run; the first may leave" {
  exec_minibox run --name shared busybox sh -c "$ticker" >"$dir/starter" 2>/dev/null 3>&- &
  local starter=$! status=0
  wait_until grep -q tick "$dir/starter"
  attach shared "$dir/joined"
  kill -KILL $starter
  wait_until grep -q "tick 20" "$dir/joined"
  minibox stop shared
  wait $client || status=$?
  assert_equal $status 4
  minibox rm shared
}

@test "a client that does not read is dropped, and the container goes on" {
  flood_log=$data/containers/$(minibox run -d --name flood busybox sh -c 'yes 0123456789abcdef; true')/container.log
  attach flood "$dir/flood"
  kill -STOP $client
  local before
  wait_until log_stands_still
  before=$(stat -c %s "$flood_log")
  deadline_seconds=30 wait_until log_is_larger "$before"
  minibox kill flood
  kill -CONT $client
  local status=0
  wait $client || status=$?
  assert_equal $status 125
  run cat "$dir/flood.err"
  assert_output --partial "connection to the container was lost"
  minibox rm flood
}

log_is_larger() { [ "$(stat -c %s "$flood_log")" -gt "$1" ]; }
log_stands_still() {
  local size
  size=$(stat -c %s "$flood_log")
  sleep 0.3
  [ "$(stat -c %s "$flood_log")" = "$size" ]
}

@test "attach outlives the daemon, and a new daemon's containers can be attached to" {
  local id status=0 old
  id=$(minibox run -d --name lasting busybox sh -c "$ticker")
  attach lasting "$dir/before"
  old=$client
  kill_daemon
  start_daemon
  attach lasting "$dir/after"
  minibox stop lasting
  wait "$old" || status=$?
  assert_equal $status 4
  wait "$client" || status=$?
  assert_equal $status 4
  minibox rm lasting
}

@test "who does not run can't be attached to" {
  run minibox attach nobody
  assert_failure 125
  assert_output --partial "container not found"
  minibox run --name ended busybox true
  run minibox attach ended
  assert_failure 125
  assert_output --partial "container 'ended' is not running"
  minibox rm ended
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
