# make demo, on a host of its own, must work from start to end and leave nothing, also when it is interrupted.

load lib/daemon
setup_file() {
  start_host
  in_host ip route add default via $outside_address
  touch "$dir/miniboxd.log"
  unset MINIBOX_DATA_ROOT MINIBOX_SOCKET MINIBOX_HTTP_ADDR MINIBOX_BRIDGE MINIBOX_SUBNET MINIBOX_BUILD_PREFIXES MINIBOX_API
  unset MINIBOX_API_TOKEN
}
teardown_file() { stop_host; }

demo_left_nothing() {
  run in_host nft list tables
  refute_output --partial minibox
  run in_host ip -o link
  refute_output --partial mbdemo
  assert [ ! -e "$project/build/demo/data" ]
  assert [ -z "$(find /tmp -maxdepth 1 -name 'minibox-demo.*')" ]
  wait_until nobody_in_host
}

@test "the demo runs to its end, shows the page and leaves nothing" {
  run in_host "$project/tools/demo"
  assert_success
  assert_output --partial "<h1>Hello from MiniBox</h1>"
  assert_output --partial "[dag-summary] blocks=3 cached=3 built=0"
  assert_output --partial "hello from a container"
  assert_output --partial "Now try it yourself"
  demo_left_nothing
}

@test "the demo cleans up when it is interrupted" {
  # TERM instead of Ctrl-C: programs that a script starts in the background ignore SIGINT.
  exec_in_host "$project/tools/demo" >"$dir/demo.out" 2>&1 3>&- &
  local demo=$! status=0
  wait_until grep -q 'What runs' "$dir/demo.out" || { cat "$dir/demo.out"; false; }
  kill -TERM $demo
  wait $demo || status=$?
  assert_equal $status 143
  demo_left_nothing
}
