# The leftovers check sees each kind of thing MiniBox can leave, and blames nobody for what was there before.

setup() {
  bats_load_library bats-support
  bats_load_library bats-assert
  check=$BATS_TEST_DIRNAME/../../tools/check_leftovers
  export MINIBOX_BUILD_DIRS=$BATS_TEST_TMPDIR/build MINIBOX_LEFTOVERS_WAIT=0
  name=minibox-selftest-$$
  "$check" snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
  [ -z "${pid:-}" ] || kill "$pid"
  [ ! -e "/run/netns/mb-selftest-$$" ] || ip netns del "mb-selftest-$$"
  [ ! -d "/tmp/$name" ] || { umount "/tmp/$name" 2>/dev/null || true; rmdir "/tmp/$name"; }
  [ -z "${cgroup:-}" ] || rmdir "$cgroup"
}

check_finds() {
  run "$check" check "$BATS_TEST_TMPDIR/before"
  assert_failure
  assert_output --partial "$1"
}

@test "nothing new is no leftover" {
  run "$check" check "$BATS_TEST_TMPDIR/before"
  assert_success
  assert_output ""
}

@test "a running program of the build directory is found, also when its file is gone" {
  mkdir -p "$MINIBOX_BUILD_DIRS/bin"
  cp "$(command -v tail)" "$MINIBOX_BUILD_DIRS/bin/minibox-shim"
  "$MINIBOX_BUILD_DIRS/bin/minibox-shim" -f /dev/null 3>&- &
  pid=$!
  until [[ $(readlink "/proc/$pid/exe") == */minibox-shim ]]; do :; done
  rm "$MINIBOX_BUILD_DIRS/bin/minibox-shim"
  check_finds "process $pid $MINIBOX_BUILD_DIRS/bin/minibox-shim (deleted)"
}

@test "a file and a mount are found" {
  mkdir "/tmp/$name"
  check_finds "file /tmp/$name"
  mount -t tmpfs none "/tmp/$name"
  check_finds "mount /tmp/$name"
}

@test "a network namespace is found" {
  ip netns add "mb-selftest-$$"
  check_finds "network namespace /run/netns/mb-selftest-$$"
}

@test "a link and an nftables table are found" {
  # In a namespace of their own: the host's network is not for tests to change.
  run unshare --net --mount sh -c "mount -t sysfs none /sys && ip link add mbselftest type bridge &&
    nft add table ip minibox-selftest && '$check' check '$BATS_TEST_TMPDIR/before'"
  assert_failure
  assert_output --partial "link mbselftest"
  assert_output --partial "nftables table ip minibox-selftest"
}

@test "a cgroup is found" {
  if [ -d /sys/fs/cgroup/unified ]; then cgroup=/sys/fs/cgroup/unified/$name; else cgroup=/sys/fs/cgroup/$name; fi
  mkdir "$cgroup"
  check_finds "cgroup $cgroup"
}

@test "what was there before is not blamed on the tests" {
  mkdir "/tmp/$name"
  "$check" snapshot "$BATS_TEST_TMPDIR/before"
  run "$check" check "$BATS_TEST_TMPDIR/before"
  assert_success
}
