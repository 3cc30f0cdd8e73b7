# A full disk: the data root is a small tmpfs in a mount namespace that outlives the daemon.

load lib/daemon
setup_file() {
  start_host
  mkdir -p "$data"
  exec_in_host unshare --mount --propagation private \
    sh -c "mount -t tmpfs -o size=24m none '$data' && touch '$dir/mounted' && exec sleep 100000" 3>&- &
  keeper=$!
  export keeper
  wait_until test -e "$dir/mounted"
  start_daemon nsenter --target "$keeper" --mount
}
teardown_file() { stop_host; }

on_small_disk() { nsenter --target "$keeper" --mount "$@"; }
fill_disk() { on_small_disk sh -c "cat /dev/zero >'$data/filler' 2>/dev/null; rm -f '$data/filler'; head -c 1000 /dev/zero >'$data/rest'; cat /dev/zero >'$data/filler' 2>/dev/null || true"; }

@test "run and build on a full disk say so, and work again when there is room" {
  mkdir -p "$dir/ctx"
  printf 'BASE busybox\nBLOCK one\n    RUN head -c 1000000 /dev/zero >/big\nSTART true\n' >"$dir/ctx/MiniBox"
  run minibox run --rm busybox true
  assert_success
  fill_disk

  run minibox run --rm busybox sh -c 'head -c 1000000 /dev/zero >/big'
  assert_failure
  assert_output --partial "No space left on device"
  run minibox build -t big "$dir/ctx"
  assert_failure 1
  assert_output --partial "No space left on device"
  run minibox images
  assert_success
  refute_output --partial big

  on_small_disk rm "$data/filler"
  run minibox build -t big "$dir/ctx"
  assert_success
  run minibox run --rm big
  assert_success
}

@test "a disk that is full while records change: what can't be kept is refused, what happens is known" {
  local ends kept old
  ends=$(minibox run -d --name ends busybox sh -c 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done')
  kept=$(minibox run -d --name kept --restart unless-stopped busybox sleep 1000)
  old=$(minibox run -d --name old -m 64 busybox sleep 1000)
  wait_until logs_contain ends ready
  fill_disk

  # A new record, or more in one, finds no room.
  run minibox run -d --name never busybox true
  assert_failure 125
  assert_output --partial "No space left on device"
  run minibox rename old new
  assert_failure 1
  assert_output --partial "No space left on device"
  run minibox update -m 32 old
  assert_failure 1
  assert_output --partial "No space left on device"
  refute_output --partial "while undoing"
  check_unchanged "$old"

  # An end is one all the same.
  run minibox stop ends kept
  assert_success
  check_ended "$ends" "$kept"

  # And a daemon that finds the disk full tells the same.
  kill_daemon
  start_daemon nsenter --target "$keeper" --mount
  check_ended "$ends" "$kept"
  check_unchanged "$old"
  run minibox ps -a --json
  refute_output --partial never

  on_small_disk rm "$data/filler"
  minibox rename old new
  minibox update -m 32 new
  minibox start ends
  assert_equal "$(field "$ends" status)" running
  kill_daemon
  start_daemon nsenter --target "$keeper" --mount
  assert_equal "$(field "$old" name)" new
  assert_equal "$(minibox inspect new | jq '.[0].HostConfig.Memory')" $((32 << 20))
  assert_equal "$(field "$ends" status)" running
  assert_equal "$(field "$kept" status)" exited
  minibox rm -f new kept ends
}

check_unchanged() {
  assert_equal "$(field "$1" name)" old
  assert_equal "$(field "$1" status)" running
  assert_equal "$(minibox inspect old | jq '.[0].HostConfig.Memory')" $((64 << 20))
  run minibox exec old true
  assert_success
}

check_ended() {
  assert_equal "$(field "$1" status) $(field "$1" exit)" "exited 7"
  assert_equal "$(field "$2" status)" exited
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  kill "$keeper"
  wait_until nobody_in_host
  run find /sys/fs/cgroup -type d -path "*minibox-$bridge*"
  assert_output ""
}
