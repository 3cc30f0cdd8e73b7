# The HTTP API as other programs see it: curl over TCP and over the unix socket.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

readonly api=http://127.0.0.1:8080
request() { in_host curl -sS --max-time 20 -w '\n%{http_code}' "$@"; }
post() { request -H 'Content-Type: application/json' -d "$2" "$api$1"; }

@test "ping over TCP and over the unix socket, which only root may open" {
  run request "$api/ping"
  assert_line --index 0 "Daemon is running"
  assert_line --index 1 200
  run request --unix-socket "$MINIBOX_SOCKET" http://minibox/ping
  assert_line --index 1 200
  assert_equal "$(stat -c %a "$MINIBOX_SOCKET")" 600
}

@test "the CLI speaks over the unix socket too" {
  run env -u MINIBOX_API nsenter --net="/run/netns/$host" "$bin/minibox" run --rm busybox echo by socket
  assert_success
  assert_output "by socket"
}

@test "a foreground run without frames streams the combined output as text" {
  run post /containers/run '{"image":"busybox","command":["sh","-c","echo out; echo err >&2"],"remove":true}'
  assert_line out
  assert_line err
  assert_line 200
}

@test "a detached run answers with the id; logs, stop and remove take it" {
  run post /containers/run '{"image":"busybox","command":["sleep","1000"],"detached":true}'
  assert_line --index 1 200
  local id=${lines[0]}
  run request "$api/containers"
  assert_output --partial "\"$id\""
  run request -X POST "$api/containers/stop?id=$id&t=1"
  assert_line --index 0 --regexp "^Container $id (stopped|killed \(timeout\))$"
  run request -X POST "$api/containers/remove?id=$id"
  assert_line --index 0 "Container $id removed"
}

@test "wrong methods, paths, bodies and types are refused with the right status" {
  run request -X DELETE "$api/ping"
  assert_line --index 1 405
  run request "$api/nowhere"
  assert_output $'404 page not found\n\n404'
  run post /containers/run 'not json'
  assert_output --partial "Invalid request"
  assert_output --partial 400
  run post /containers/run '{}'
  assert_line --index 0 "Image name is required"
  run post /containers/run '{"image":"no-such"}'
  assert_output --partial 404
  run request -H 'Content-Type: text/plain' -d '{"image":"busybox"}' "$api/containers/run"
  refute_line --regexp '^200$'
  run request -X POST "$api/containers/stop?id=ffffffff"
  assert_line --index 0 "container not found"
  assert_line --index 1 404
  run request -X POST "$api/containers/stop"
  assert_line --index 0 "missing id"
}

@test "the name minibox is the unix socket's alone" {
  run request -H 'Host: minibox' "$api/ping"
  assert_output --regexp '403$'
  run request -H 'Sec-Fetch-Site: same-site' "$api/ping"
  assert_output --regexp '403$'
  run request --unix-socket "$MINIBOX_SOCKET" -H 'Host: minibox' http://minibox/ping
  assert_output --regexp '200$'
}

@test "wrong states have the words and the status that old clients know" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  run request -X POST "$api/containers/start?id=$id"
  assert_output $'container is already running\n\n400'
  run request -X POST "$api/containers/kill?id=$id"
  assert_output $'Container '"$id"$' killed\n\n200'
  run request -X POST "$api/containers/kill?id=$id"
  assert_output $'container pid not found\n\n400'
  run minibox kill "$id"
  assert_output --partial "is not running"
  run request "$api/containers/logs?id=ffffffff"
  assert_output $'404 page not found\n\n404'
  run post /containers/build '{"image":"","minibox":"BASE busybox\nBLOCK a\n    RUN true\n","context":"'"$dir"'"}'
  assert_line --index 0 --partial "invalid image name"
  assert_output --regexp '400$'
  minibox rm "$id"
}

@test "a part of a log is a 206" {
  local id
  id=$(minibox run -d busybox echo 0123456789)
  wait_until logs_contain "$id" 0123456789
  run request -H 'Range: bytes=2-4' "$api/containers/logs?id=$id"
  assert_output $'234\n206'
  run request -H 'Range: bytes=100-' "$api/containers/logs?id=$id"
  assert_output --regexp '416$'
  minibox rm -f "$id"
}

@test "foreign Host and Origin headers are refused" {
  run request -H 'Host: attacker.example' "$api/ping"
  assert_output --regexp '(403|421|400)$'
  run request -H 'Origin: http://attacker.example' -X POST "$api/containers/stop?id=ffffffff"
  assert_output --regexp '(403|400)$'
}

@test "images are a JSON array" {
  run in_host curl -sS -i "$api/images"
  assert_output --partial "application/json"
  run bash -c "nsenter --net=/run/netns/$host curl -sS $api/images | jq -r '.[].name'"
  assert_line --regexp '^busybox'
}

@test "a token, when set, is needed on every route" {
  stop_daemon_cleanly
  export MINIBOX_API_TOKEN=s3cret
  start_daemon
  run minibox ps
  assert_success
  run request "$api/containers"
  assert_line --index 0 Unauthorized
  assert_line --index 1 401
  run request -H 'Authorization: Bearer s3cret' "$api/containers"
  assert_line --index 1 200
  run request -H 'Authorization: Bearer wrong' "$api/containers"
  assert_line --index 1 401
}

@test "nothing is left when the daemon has gone" {
  export MINIBOX_API_TOKEN=s3cret
  stop_daemon_cleanly
  assert_nothing_left
}
