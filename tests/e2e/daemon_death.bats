# kill -9 of the daemon: containers go on, a restarted daemon adopts them and clears away what died meanwhile.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

ticker='i=0; trap "echo stopped; exit 4" TERM; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done'

@test "a container outlives the daemon, goes on logging, and is adopted" {
  local id pid lines_before
  id=$(minibox run -d --name survivor busybox sh -c "$ticker")
  wait_until logs_contain "$id" 'tick 3'
  pid=$(container_pid "$id")
  kill_daemon
  assert is_running "$pid"
  lines_before=$(wc -l <"$data/containers/$id/container.log")
  wait_until log_has_grown "$id" "$lines_before"

  start_daemon
  assert_equal "$(field "$id" status)" running
  assert_equal "$(container_pid "$id")" "$pid"
  run minibox logs "$id"
  assert_line "tick 1"
  run minibox stop survivor
  assert_success
  assert_output "Container $id stopped"
  assert_equal "$(field "$id" exit)" 4
  run minibox logs "$id"
  assert_line stopped
  run minibox start "$id"
  assert_success
  minibox rm -f "$id"
}

log_has_grown() { [ "$(wc -l <"$data/containers/$1/container.log")" -gt "$2" ]; }

@test "the exit status of a container that ended without a daemon is known" {
  local id pid
  id=$(minibox run -d -v "$dir:/control:ro" busybox sh -c 'echo waiting; until [ -e /control/go ]; do sleep 0.1; done; echo done; exit 9')
  wait_until logs_contain "$id" waiting
  pid=$(container_pid "$id")
  kill_daemon
  touch "$dir/go"
  wait_until has_ended "$pid"
  start_daemon
  assert_equal "$(field "$id" status)" exited
  assert_equal "$(field "$id" exit)" 9
  run minibox logs "$id"
  assert_line done
  minibox rm "$id"
}

@test "a foreground run keeps its output and exit status when the daemon dies" {
  rm -f "$dir/go"
  exec_minibox run --rm -v "$dir:/control:ro" busybox \
    sh -c 'echo before; until [ -e /control/go ]; do sleep 0.1; done; echo after; exit 6' >"$dir/foreground.out" 3>&- &
  local client=$! status=0
  wait_until grep -q before "$dir/foreground.out"
  kill_daemon
  touch "$dir/go"
  wait $client || status=$?
  assert_equal $status 6
  run cat "$dir/foreground.out"
  assert_output $'before\nafter'
  start_daemon
  # It was run with --rm: the new daemon finishes that.
  run minibox ps -a --json
  assert_output "[]"
}

@test "a container whose shim died with the daemon is ended and cleared away at start" {
  local id pid shim
  id=$(minibox run -d --name doomed busybox sleep 1000)
  pid=$(container_pid "$id")
  # The parent of the container's PID 1 is its shim.
  shim=$(awk '/^PPid:/ {print $2}' "/proc/$pid/status")
  kill_daemon
  kill -KILL "$shim"
  wait_until has_ended "$shim"
  start_daemon
  wait_until has_ended "$pid"
  assert_equal "$(field "$id" status)" exited
  run find /sys/fs/cgroup -type d -path "*minibox-$bridge/$id"
  assert_output ""
  run minibox rm doomed
  assert_success
}

@test "addresses and published ports survive a restart" {
  local id other address
  id=$(minibox run -d --name served -p 18080:80 busybox sh -c 'mkdir /www; echo still here >/www/index.html; exec httpd -f -p 80 -h /www')
  wait_until in_host curl -sS http://127.0.0.1:18080/
  kill_daemon
  run in_host curl -sS --max-time 5 http://127.0.0.1:18080/
  assert_output "still here"
  start_daemon
  run in_host curl -sS --max-time 5 http://127.0.0.1:18080/
  assert_output "still here"
  address=$(address_of "$id")
  other=$(minibox run -d busybox sleep 1000)
  assert [ "$(address_of "$other")" != "$address" ]
  # The restarted daemon still knows the port as taken, and frees it with its container.
  run minibox run --rm -p 18080:80 busybox true
  assert_failure 125
  minibox rm -f served "$other"
  run in_host curl -sS --max-time 2 http://127.0.0.1:18080/
  assert_failure
}

address_of() { in_host curl -sS http://127.0.0.1:8080/containers | jq -r --arg id "$1" '.[$id].ip'; }

@test "killed while containers start: afterwards each is whole or gone" {
  local jobs=() id
  for _ in {1..6}; do
    exec_minibox run -d busybox sleep 1000 >/dev/null 2>&1 3>&- &
    jobs+=($!)
  done
  kill_daemon
  for id in "${jobs[@]}"; do wait "$id" || true; done
  start_daemon
  for id in $(container_ids); do
    run minibox rm -f "$id"
    assert_success
  done
  # Bundles made ahead have no record.
  run find "$data/containers" -name state.json
  assert_output ""
}

build_word() {  # build_word IMAGE WORD
  mkdir -p "$dir/words"
  echo "$2" >"$dir/words/word"
  printf 'BASE busybox\nBLOCK word\n    COPY word /word\n' >"$dir/words/MiniBox"
  minibox build -t "$1" "$dir/words" >/dev/null
}
blob() { cat "$data/blobs/sha256/$1"; }
layers_of() { blob "$(blob "$1" | jq -r '.config.digest | ltrimstr("sha256:")')" | jq -r '.rootfs.diff_ids[] | ltrimstr("sha256:")'; }
lose_layers() {  # of a manifest, as if the machine had stopped before they were on the disk
  local layer
  for layer in $(layers_of "$1"); do
    setfattr -n trusted.minibox.unsynced -v "another boot" "$data/extracted/$layer"
  done
}

@test "layers that a power cut has taken are unpacked again, also those of an image without a name" {
  local id nameless spoilt layer
  build_word app one
  nameless=$(manifest_of app)
  id=$(minibox run -d app cat /word)
  wait_until status_is "$id" exited
  build_word app two
  build_word spoilt three
  spoilt=$(manifest_of spoilt)
  layer=$(blob "$spoilt" | jq -r '.layers[-1].digest | ltrimstr("sha256:")')
  kill_daemon
  lose_layers "$nameless"
  lose_layers "$spoilt"
  echo junk >"$data/blobs/sha256/$layer"
  start_daemon
  assert [ ! -e "$data/extracted/$(layers_of "$nameless" | tail -n 1)" ]
  run minibox run --rm spoilt true
  assert_failure 125
  run minibox run --rm app cat /word
  assert_output two

  run minibox diff "$id"
  assert_success
  run minibox start "$id"
  assert_success
  wait_until status_is "$id" exited
  run minibox logs "$id"
  assert_line --index 0 one
  assert_line --index 1 one
  minibox rm "$id"
  minibox rmi app spoilt
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
