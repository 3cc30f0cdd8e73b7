# Images to podman and docker and back: podman as it is, docker through a daemon of its own that touches no network, cgroup
# or mount of the machine.

load lib/daemon
load lib/trees
setup_file() {
  start_host
  start_daemon
  make_odd_image
}
teardown_file() {
  stop_docker
  grep -F "$dir/" /proc/mounts | cut -d' ' -f2 | sort -r | xargs -r umount -l
  stop_host
}

podman() {
  command podman --root "$dir/podman" --runroot "$dir/podman-run" --cgroup-manager cgroupfs --events-backend file "$@"
}
docker() { command docker --host "unix://$dir/docker.sock" "$@"; }

start_docker() {
  exec_in_host unshare --mount --propagation private sh -c "mount -t tmpfs none /run && exec dockerd \
    --data-root $dir/docker --exec-root $dir/docker-exec --pidfile $dir/docker.pid --host unix://$dir/docker.sock \
    --iptables=false --ip6tables=false --bridge=none" >"$dir/dockerd.log" 2>&1 3>&- &
  deadline_seconds=60 wait_until docker version || { tail -n 5 "$dir/dockerd.log"; return 1; }
}
stop_docker() {
  local pid
  [ -e "$dir/docker.pid" ] || return 0
  pid=$(<"$dir/docker.pid")
  kill -TERM "$pid"
  wait_until has_ended "$pid"
}

@test "podman loads the image, and what podman saves is loaded, in both of its forms" {
  command -v podman || skip "podman is not installed"
  podman load -q -i "$dir/odd.tar"
  local mounted form
  mounted=$(podman image mount odd:2)
  assert_same_trees "$mounted/odd" "$dir/reference/odd"
  podman image unmount odd:2
  for form in docker-archive oci-archive; do
    podman save -q --format $form -o "$dir/podman-$form.tar" odd:2
    minibox load -t "podman/$form" "$dir/podman-$form.tar"
    assert_is_odd "podman/$form"
  done
}

@test "docker loads the image, and what docker saves and exports comes back" {
  command -v dockerd || skip "docker is not installed"
  start_docker
  docker load -q -i "$dir/odd.tar"
  docker save -o "$dir/docker-saved.tar" odd:2
  minibox load -t docker/saved "$dir/docker-saved.tar"
  assert_is_odd docker/saved
  docker create --name one odd:2
  docker export one >"$dir/docker-exported.tar"
  expand docker-exported
  # its exports are without user.* attributes
  diff <(list_tree "$dir/docker-exported/odd" | without_notes) <(list_tree "$dir/reference/odd" | without_notes)
  minibox import "$dir/docker-exported.tar" docker/exported
  docker import "$dir/reference.tar" back:1
  stop_docker
}
without_notes() { grep -v -e '^user\.' -e '^# file:' -e '^$'; }

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
