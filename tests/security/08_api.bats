# The API drives a root daemon. The attacker is a web page in the browser of somebody who runs it (forms, scripts, a name that
# the attacker's name server points at 127.0.0.1), another user, or code in a container; or wants its memory.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

readonly api=http://127.0.0.1:8080
request() { in_host curl -sS -o /dev/null --max-time 20 -w '%{http_code}' "$@"; }
nothing_runs() { [ "$(minibox ps -a --json | jq length)" = 0 ]; }

readonly body='{"image":"busybox","command":["sleep","1000"],"detached":true}'

@test "CSRF: what a page of another site can send without asking starts nothing" {
  local type
  # A form's three types and none: a browser sends these to anybody without a preflight.
  for type in text/plain application/x-www-form-urlencoded 'multipart/form-data; boundary=x' '' 'text/plain; application/json' 'application/jsonx'; do
    run request -X POST -H "Content-Type: $type" -d "$body" "$api/containers/run"
    assert_output 415
  done
  for origin in https://attacker.example null http://127.0.0.1:8081 http://localhost:8080.attacker.example http://127.0.0.1:8080@attacker.example file://; do
    run request -X POST -H 'Content-Type: application/json' -H "Origin: $origin" -d "$body" "$api/containers/run"
    assert_output 403
  done
  for site in cross-site same-site; do
    run request -X POST -H 'Content-Type: application/json' -H "Sec-Fetch-Site: $site" -d "$body" "$api/containers/run"
    assert_output 403
  done
  run request -H 'Origin: https://attacker.example' "$api/containers"
  assert_output 403
  assert nothing_runs
}

@test "CSRF: a preflight is not answered with leave" {
  run in_host curl -sS -i -X OPTIONS -H 'Origin: https://attacker.example' -H 'Access-Control-Request-Method: POST' \
    -H 'Access-Control-Request-Headers: content-type' "$api/containers/run"
  refute_output --regexp '[Aa]ccess-[Cc]ontrol-'
  refute_output --regexp '^HTTP/1.1 2'
}

@test "DNS rebinding: only addresses of this machine are its name" {
  for name in attacker.example attacker.example:8080 127.0.0.1.attacker.example localhost.attacker.example 'localhost:80@attacker.example' \
    minibox 2130706433 0x7f.1 '[::ffff:127.0.0.1]' 0.0.0.0:8080 '127.0.0.1:8080, attacker.example' ''; do
    run request -H "Host: $name" "$api/containers"
    assert_output --regexp '^40[03]$'
  done
  run request -H 'Host: localhost:8080' "$api/containers"
  assert_output 200
}

@test "two hosts, smuggled lengths and bare line ends are no second request" {
  run raw 'POST /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /containers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
  refute_output --partial 'HTTP/1.1 200'
  run raw 'GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 50\r\n\r\n'
  refute_output --partial 'HTTP/1.1 200'
  run raw 'GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: attacker.example\r\n\r\n'
  refute_output --partial 'HTTP/1.1 200'
  run raw 'GET /ping HTTP/1.1\r\n\r\n'
  refute_output --partial 'HTTP/1.1 200'
}

raw() { printf "$1" | in_host timeout 5 busybox nc -w 1 127.0.0.1 8080; }

@test "bodies have limits, declared or not" {
  run request -X POST -H 'Content-Type: application/json' -H 'Content-Length: 99999999999' -d '{}' "$api/containers/run"
  assert_output 413
  run bash -c "head -c 300000000 /dev/zero | nsenter --net=/run/netns/$host curl -sS -o /dev/null --max-time 20 -w '%{http_code}' -X POST \
    -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' -H 'Expect:' -T - $api/containers/run 2>/dev/null"
  assert_output --partial 413
  run minibox ping
  assert_success
}

@test "the daemon opens no path that a request names by itself: ids and names are no paths" {
  for id in ../../etc ..%2f..%2fetc%2fpasswd /etc/passwd '%00' .; do
    for route in "containers/logs?id=$id" "containers/logs?id=$id&follow=1"; do
      run in_host curl -sS --path-as-is --max-time 5 "$api/$route"
      refute_output --partial root:
    done
    run request -X POST "$api/containers/remove?id=$id"
    assert_output --regexp '^40[04]$'
  done
  for path in /../../etc/passwd /containers/../../etc/passwd //etc/passwd /%2e%2e/%2e%2e/etc/passwd; do
    run in_host curl -sS --path-as-is --max-time 5 "$api$path"
    refute_output --partial root:
  done
}

@test "names of containers can't forge lines of a hosts file or escape into directories" {
  for name in ../evil a/b $'a\n1.2.3.4 bank.example' 'a b' .hidden -x '$(id)' ''; do
    run in_host curl -sS -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
      -d "$(jq -n --arg name "$name" '{image: "busybox", command: ["true"], remove: true, $name}')" "$api/containers/run"
    [ -z "$name" ] || assert_output 400
  done
}

@test "no container reaches the API: not by the bridge, the host's address, nor 127.0.0.1 over the bridge (CVE-2020-8558)" {
  local gateway=${MINIBOX_SUBNET%.0/24}.1
  run in_host "$dir/attackers/reach" lo 127.0.0.1 8080
  assert_line --index 0 connected
  assert_output --partial "Daemon is running"
  for address in 127.0.0.1 127.1.2.3 "$gateway" $host_address 0.0.0.0; do
    run attack -- reach eth0 "$address" 8080
    assert_output --regexp '^connect E'
  done
  run attack --userns host -- reach eth0 127.0.0.1 8080
  assert_output --regexp '^connect E'
  run attack -- reach lo 127.0.0.1 8080
  assert_output "connect ECONNREFUSED"
  run minibox run --rm -v "$dir/attackers:/attackers" busybox ls /run/minibox "$MINIBOX_SOCKET"
  assert_failure
}

@test "CVE-2020-8558: a neighbour on the network does not reach the loopback by routing it to us" {
  in_outside ip route add default via $host_address
  run in_outside "$dir/attackers/reach" eth0 127.0.0.1 8080
  assert_output --regexp '^connect E'
  run in_outside "$dir/attackers/reach" eth0 $host_address 8080
  assert_output --regexp '^connect E'
  in_outside ip route del default
}

@test "with the API on all addresses a container still does not reach it, and others need the token" {
  kill_daemon
  export MINIBOX_HTTP_ADDR=0.0.0.0:8080
  start_api_without_token
  export MINIBOX_API_TOKEN=open-sesame
  start_daemon
  run in_outside "$dir/attackers/reach" eth0 $host_address 8080
  assert_line --index 0 connected
  for address in 127.0.0.1 "${MINIBOX_SUBNET%.0/24}.1" $host_address; do
    run attack -- reach eth0 "$address" 8080
    assert_output --regexp '^connect E'
  done
  run in_outside curl -sS -o /dev/null --max-time 5 -w '%{http_code}' "http://$host_address:8080/containers"
  assert_output 401
  for token in '' open-sesam open-sesame2 OPEN-SESAME ' ' open-sesame%00; do
    run in_outside curl -sS -o /dev/null --max-time 5 -w '%{http_code}' -H "Authorization: Bearer $token" "http://$host_address:8080/containers"
    assert_output 401
  done
  run in_outside curl -sS -o /dev/null --max-time 5 -w '%{http_code}' -H 'Authorization: Bearer open-sesame' "http://$host_address:8080/containers"
  assert_output 200
}

# An address that is not the loopback is refused without a token.
start_api_without_token() {
  run in_host timeout 10 "$bin/miniboxd"
  assert_failure 1
  assert_output --partial MINIBOX_API_TOKEN
}

@test "nothing is left when the daemon has gone" {
  export MINIBOX_API_TOKEN=open-sesame
  stop_daemon_cleanly
  assert_nothing_left
}
