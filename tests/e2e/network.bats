# Bridge, addresses, published ports. The "host" is a namespace, the outside another one joined by a veth. As on a host
# with Docker, iptables drops what is forwarded unless somebody accepts it.

load lib/daemon
setup_file() {
  start_host
  in_host nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
  start_daemon
}
teardown_file() { stop_host; }

serve() { echo "mkdir -p /www; echo '$1' >/www/index.html; exec httpd -f -p ${2:-80} -h /www"; }
# A page fetched by the container's own means; Debian's static busybox has a wget that crashes without glibc's libraries.
fetch_inside() { echo "printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 3 $1 $2 | tail -n 1"; }

# A server in the outside namespace, once for the file; it ends with the host.
start_outside_server() {
  [ ! -e "$dir/outside" ] || return 0
  mkdir "$dir/outside"
  echo outside >"$dir/outside/index.html"
  exec_in_outside busybox httpd -f -p 8000 -h "$dir/outside" >/dev/null 2>&1 3>&- &
  wait_until in_outside curl -sSf --max-time 1 http://127.0.0.1:8000/
}

@test "a published port answers on 127.0.0.1, on the host's own addresses, and from outside" {
  local id
  id=$(minibox run -d -p 18080:80 busybox sh -c "$(serve hello)")
  wait_until in_host curl -sS --max-time 1 http://127.0.0.1:18080/
  run in_host curl -sS --max-time 3 http://127.0.0.1:18080/
  assert_output hello
  run in_host curl -sS --max-time 3 "http://$host_address:18080/"
  assert_output hello
  run in_outside curl -sS --max-time 3 "http://$host_address:18080/"
  assert_output hello
  minibox rm -f "$id"
}

@test "a container reaches its own published port (hairpin) and that of another" {
  local id gateway
  id=$(minibox run -d --name hairpin -p 18080:80 busybox sh -c "$(serve hairpin)")
  wait_until in_host curl -sS --max-time 1 http://127.0.0.1:18080/
  run minibox run --rm busybox sh -c "$(fetch_inside $host_address 18080)"
  assert_output hairpin
  minibox rm -f "$id"
  id=$(minibox run -d -p 18082:80 busybox sh -c "(until $(fetch_inside $host_address 18082) | grep self; do sleep 0.2; done; echo fetched myself) & $(serve self)")
  wait_until logs_contain "$id" "fetched myself"
  run minibox logs "$id"
  assert_line self
  minibox rm -f "$id"
}

@test "the port is closed again when its container has gone" {
  local id
  id=$(minibox run -d -p 18080:80 busybox sh -c "$(serve closing)")
  wait_until in_host curl -sS --max-time 1 http://127.0.0.1:18080/
  minibox stop -t 1 "$id"
  run in_host curl -sS --max-time 2 http://127.0.0.1:18080/
  assert_failure
  minibox rm "$id"
}

@test "a port bound to 127.0.0.1 can't be reached from outside" {
  local id
  id=$(minibox run -d -p 127.0.0.1:18083:80 busybox sh -c "$(serve private)")
  wait_until in_host curl -sS --max-time 1 http://127.0.0.1:18083/
  run in_outside curl -sS --max-time 2 "http://$host_address:18083/"
  assert_failure
  minibox rm -f "$id"
}

@test "ps shows the published port" {
  local id
  id=$(minibox run -d -p 18084:80 busybox sleep 1000)
  run minibox ps
  assert_output --partial "0.0.0.0:18084->80/tcp"
  minibox rm -f "$id"
}

@test "containers reach the outside through masquerading, and each other" {
  start_outside_server
  run minibox run --rm busybox sh -c "$(fetch_inside $outside_address 8000)"
  assert_output outside
  local id address
  id=$(minibox run -d busybox sh -c "$(serve neighbour)")
  address=$(in_host curl -sS http://127.0.0.1:8080/containers | jq -r --arg id "$id" '.[$id].ip')
  wait_until in_host curl -sS --max-time 1 "http://$address/"
  run minibox run --rm busybox sh -c "$(fetch_inside "$address" 80)"
  assert_output neighbour
  minibox rm -f "$id"
}

@test "the API can't be reached from a container" {
  run minibox run --rm busybox sh -c "
    for address in 127.0.0.1 $host_address \$(ip route | sed -n 's/^default via \([0-9.]*\).*/\1/p'); do
      printf 'GET /ping HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' | nc -w 2 \$address 8080
    done; echo tried \$address"
  assert_success
  assert_output --partial "tried ${MINIBOX_SUBNET%.0/24}.1"
  refute_output --partial HTTP
  refute_output --partial "Daemon is running"
}

@test "hosts, hostname and resolv.conf are provided" {
  run minibox run --rm --name named busybox sh -c 'cat /etc/hosts /etc/hostname; test -s /etc/resolv.conf && echo resolver'
  assert_success
  assert_output --regexp '127\.0\.0\.1.localhost'
  assert_output --regexp '[0-9.]+.named'
  assert_line resolver
}

@test "an image's symlink at /etc/hosts never makes the daemon write elsewhere" {
  mkdir -p "$dir/evil/etc"
  echo untouched >"$dir/target"
  for name in hosts hostname resolv.conf; do ln -s "$dir/target" "$dir/evil/etc/$name"; done
  printf 'BASE busybox\nBLOCK evil\n    COPY etc/ /etc/\nSTART cat /etc/hostname\n' >"$dir/evil/MiniBox"
  minibox build -t evil "$dir/evil"
  run minibox run --rm --name watched evil
  assert_equal "$(cat "$dir/target")" untouched
}

@test "addresses are used again" {
  local first last
  first=$(minibox run --rm busybox sh -c "ip -4 -o addr show eth0 | sed 's/.*inet \([0-9.]*\).*/\1/'")
  for _ in {1..40}; do minibox run --rm busybox true; done
  last=$(minibox run --rm busybox sh -c "ip -4 -o addr show eth0 | sed 's/.*inet \([0-9.]*\).*/\1/'")
  assert_equal "${first%.*}" "${last%.*}"
  assert [ "${last##*.}" -le 254 ]
}

@test "a flushed rule set is back before the next container starts" {
  local id service
  mkdir "$dir/service"
  echo secret >"$dir/service/index.html"
  exec_in_host busybox httpd -f -p 18087 -h "$dir/service" >/dev/null 2>&1 3>&- &
  service=$!
  wait_until in_host curl -sSf --max-time 1 http://127.0.0.1:18087/
  id=$(minibox run -d -p 18085:80 busybox sh -c "$(serve steady)")
  wait_until in_host curl -sS --max-time 1 http://127.0.0.1:18085/
  in_host nft flush ruleset
  in_host nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
  run minibox run --rm busybox sh -c "($(fetch_inside $host_address 18087)) 2>/dev/null; $(fetch_inside $host_address 18085)"
  kill $service
  assert_output steady
  run in_outside curl -sS --max-time 3 "http://$host_address:18085/"
  assert_output steady
  minibox rm -f "$id"
}

@test "a container publishes a thousand ports, another one more, under a low soft limit of open files" {
  local id publish=() port
  kill_daemon
  start_daemon prlimit --nofile=256:16384
  for ((port = 20000; port < 21000; port++)); do publish+=(-p "$port:80"); done
  id=$(minibox run -d "${publish[@]}" busybox sh -c "$(serve thousand)")
  wait_until in_host curl -sS --max-time 1 http://127.0.0.1:20999/
  run minibox run --rm -p 18086:80 busybox echo fine
  assert_output fine
  minibox rm -f "$id"
  run in_host nft list table ip "minibox_$bridge"
  refute_output --partial elements
  run minibox run --rm -p 20999:80 busybox echo free
  assert_output free
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
  run in_host nft list table ip filter
  refute_output --partial accept
}
