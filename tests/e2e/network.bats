# Bridge, addresses, published ports. The "host" is a namespace, the outside another one joined by a veth.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

serve() { echo "mkdir -p /www; echo '$1' >/www/index.html; exec httpd -f -p ${2:-80} -h /www"; }
fetch() { curl -sS --max-time 3 "$@"; }

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
  run minibox run --rm busybox wget -q -T 3 -O - "http://$host_address:18080/"
  assert_output hairpin
  minibox rm -f "$id"
  id=$(minibox run -d -p 18082:80 busybox sh -c "(mkdir -p /self; until wget -q -T 3 -O /self/page http://$host_address:18082/; do sleep 0.2; done; cat /self/page; echo fetched myself) & $(serve self)")
  wait_until logs_contain "$id" "fetched myself"
  run minibox logs "$id"
  assert_line self
  minibox rm -f "$id"
}

@test "a published port works where the host drops what it forwards" {
  in_host nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
  local id
  id=$(minibox run -d -p 18080:80 busybox sh -c "$(serve through)")
  wait_until in_host curl -sS --max-time 1 http://127.0.0.1:18080/
  run in_outside curl -sS --max-time 3 "http://$host_address:18080/"
  assert_output through
  run minibox run --rm busybox ping -c 1 -W 3 $outside_address
  assert_success
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
  run minibox run --rm busybox ping -c 1 -W 3 $outside_address
  assert_success
  local id address
  id=$(minibox run -d busybox sh -c "$(serve neighbour)")
  address=$(in_host curl -sS http://127.0.0.1:8080/containers | jq -r --arg id "$id" '.[$id].ip')
  wait_until in_host curl -sS --max-time 1 "http://$address/"
  run minibox run --rm busybox wget -q -T 3 -O - "http://$address/"
  assert_output neighbour
  minibox rm -f "$id"
}

@test "the API can't be reached from a container" {
  run minibox run --rm busybox sh -c "
    for address in 127.0.0.1 $host_address \$(ip route | sed -n 's/^default via \([0-9.]*\).*/\1/p'); do
      wget -q -T 2 -O - http://\$address:8080/ping && echo reached
    done; true"
  assert_success
  refute_output --partial reached
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
  mkdir -p "$dir/evil"
  echo untouched >"$dir/target"
  printf 'BASE busybox\nBLOCK evil\n    RUN rm -f /etc/hosts /etc/resolv.conf; ln -s %s /etc/hosts; ln -s %s /etc/resolv.conf\nSTART true\n' \
    "$dir/target" "$dir/target" >"$dir/evil/MiniBox"
  minibox build -t evil "$dir/evil"
  run minibox run --rm evil
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

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  in_host nft delete table ip filter
  assert_nothing_left
}
