# Registries behind an HTTP proxy, as the daemon's environment says, with a real one.

load lib/daemon
load lib/registry

# Registries that are not this machine to the daemon: with TLS on 5443, without on 5000. The proxy on 8888 wants a login.
setup_file() {
  start_host
  make_certificate tls "IP:$host_address"
  use_registries "\"$host_address:5443\": {\"ca\": \"$dir/ca.crt\"}, \"$host_address:5000\": {\"insecure\": true}"
  start_registry plain 5000
  start_registry tls 5443 "  tls: {certificate: $dir/tls.crt, key: $dir/tls.key}"
  start_tinyproxy
  start_daemon
  for port in 5000 5443; do minibox tag busybox "$host_address:$port/box:1" && minibox push "$host_address:$port/box:1"; done >/dev/null
}
teardown_file() { stop_host; }

start_tinyproxy() {
  cat >"$dir/tinyproxy.conf" <<END
Port 8888
Listen 127.0.0.1
LogFile "$dir/tinyproxy.log"
LogLevel Connect
BasicAuth anna sec-ret
END
  exec_in_host tinyproxy -d -c "$dir/tinyproxy.conf" >/dev/null 2>&1 3>&- &
  disown
  wait_until is_listening 8888
}

# with_environment NAME=VALUE...: the daemon has these from now on
with_environment() {
  kill_daemon
  start_daemon env "$@"
  : >"$dir/tinyproxy.log"
}
fetch() {
  minibox rmi "$1" 2>/dev/null || true
  run minibox pull "$1"
}
went_through() { grep -c "Request.*$1" "$dir/tinyproxy.log"; }

@test "https goes through a tunnel, http in the open, each by its own variable" {
  with_environment HTTPS_PROXY=http://anna:sec-ret@127.0.0.1:8888
  fetch $host_address:5443/box:1
  assert_success
  run went_through "CONNECT $host_address:5443"
  assert_success
  fetch $host_address:5000/box:1
  assert_success
  run went_through ":5000"
  assert_output 0

  with_environment http_proxy=anna:sec-ret@127.0.0.1:8888 HTTPS_PROXY=
  fetch $host_address:5000/box:1
  assert_success
  run went_through "GET http://$host_address:5000/v2/box/manifests/1"
  assert_success
  run minibox push $host_address:5000/box:1
  assert_success
}

@test "what NO_PROXY names, and this machine, is reached directly" {
  with_environment HTTPS_PROXY=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 NO_PROXY=example.com,192.0.2.0/24
  fetch $host_address:5443/box:1
  assert_success
  minibox tag busybox localhost:5000/local:1
  run minibox push localhost:5000/local:1
  assert_success
}

@test "a proxy that is not there, or does not let us through, is named, without its password" {
  with_environment HTTPS_PROXY=http://127.0.0.1:1
  fetch $host_address:5443/box:1
  assert_failure 1
  assert_output --partial 'cannot reach the proxy http://127.0.0.1:1: Connection refused'
  with_environment HTTPS_PROXY=http://anna:sec-wrong@127.0.0.1:8888
  fetch $host_address:5443/box:1
  assert_failure 1
  assert_output --partial "the proxy http://127.0.0.1:8888 does not lead to https://$host_address:5443 (4"
  refute_output --partial sec-wrong
}

@test "a kind of proxy that is not supported keeps the daemon from starting" {
  run in_host env HTTPS_PROXY=socks5://127.0.0.1:1080 MINIBOX_DATA_ROOT="$dir/other" timeout 10 "$bin/miniboxd"
  assert_failure 1
  assert_output --partial "HTTPS_PROXY: a proxy of the kind 'socks5'"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  kill_registries
  assert_nothing_left
}
