# A full disk: the daemon's data root is a small tmpfs in a mount namespace of its own.

load lib/daemon
setup_file() {
  start_host
  mkdir -p "$data"
  start_daemon unshare --mount --propagation private sh -c "mount -t tmpfs -o size=24m none '$data' && exec \"\$@\"" small-disk
}
teardown_file() { stop_host; }

on_small_disk() { nsenter --target "$daemon" --mount "$@"; }
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

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  wait_until nobody_in_host
  run find /sys/fs/cgroup -type d -path "*minibox-$bridge*"
  assert_output ""
}
