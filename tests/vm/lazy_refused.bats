# run --lazy on a kernel that can't id-map FUSE mounts (before Linux 6.12): the image is pulled as a whole first.

load ../e2e/lib/daemon
load ../e2e/lib/registry
setup_file() {
  start_host
  use_registries
  start_registry plain 5000
  start_daemon
}
teardown_file() { stop_host; }

@test "an image that could be lazy is pulled first, and one line says what the kernel lacks" {
  local image=localhost:5000/team/app:1
  context app <<'END'
BASE busybox
BLOCK one
    COPY text /text
START tail -1 /text
END
  seq 1 1000 >"$dir/app/text"
  minibox build -t app "$dir/app"
  minibox tag app $image
  minibox push $image
  minibox rmi $image app
  minibox system prune --build-cache
  run --separate-stderr minibox run --rm --lazy $image
  assert_success
  assert_output 1000
  [[ $stderr == *"can't be run before it is pulled: "*"this kernel can't id-map FUSE mounts"* ]] || fail "$stderr"
  [[ $stderr == *"[pull] successfully pulled"* ]] || fail "$stderr"
}

@test "nothing lazy is left of the attempt" {
  run ls "$data/lazy"
  assert_output ""
  run grep -c " $data/lazy/" /proc/self/mountinfo
  assert_output 0
}

@test "the daemon goes cleanly" {
  stop_daemon_cleanly
  kill_registries
  assert_nothing_left
}
