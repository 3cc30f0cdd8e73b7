# Images to podman and docker and back, and run on both sides: podman as it is, docker through a daemon of its own that touches
# no network or mount of the machine. Their containers' cgroups have our name, so that what stays behind is seen.

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
# Where containers run: with a /run of its own, where runtimes keep their state, without the second cgroup version, for
# which Debian's crun refuses a host with both, and with limits that the caller may set.
podman_run() {
  printf '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\n' >"$dir/containers.conf"
  CONTAINERS_CONF=$dir/containers.conf unshare --mount --propagation private sh -c \
    'mount -t tmpfs none /run && umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' podman \
    podman --root "$dir/podman" --runroot "$dir/podman-run" --cgroup-manager cgroupfs --events-backend file \
    run --network none --cgroup-parent "/minibox-$bridge-peer" "$@"
}
docker_run() { docker run --network none --cgroup-parent "/minibox-$bridge-peer" "$@"; }
remove_peer_cgroups() { find /sys/fs/cgroup -depth -path "*/minibox-$bridge-peer*" -type d -exec rmdir {} +; }

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

# What their tools make of ours, as an image of theirs: a change of the file system and of the command.
readonly change='echo theirs >/theirs && /bin/busybox rm /odd/plain && /bin/busybox chmod 700 /odd'
check_theirs() {
  run minibox run --rm "$1" /bin/busybox sh -c '/bin/busybox cat /theirs /odd/noted; [ ! -e /odd/plain ] && /bin/busybox stat -c %a /odd'
  assert_output $'theirs\nnoted\n700'
}

@test "podman runs the image that we save, we run the one that podman makes" {
  command -v podman || skip "podman is not installed"
  podman load -q -i "$dir/odd.tar"
  run podman_run --rm odd:2
  assert_output odd
  run podman_run --rm odd:2 /bin/busybox sh -c 'echo $PATH; /bin/busybox cat /odd/opaque/new /odd/replaced; [ ! -e /odd/hidden ] && echo gone'
  assert_output $'/bin\nnew\nfile\ngone'
  podman_run --name made odd:2 /bin/busybox sh -c "$change"
  podman commit -q made theirs:1
  podman rm made
  podman save -q --format oci-archive -o "$dir/theirs.tar" theirs:1
  minibox load -t podman/theirs "$dir/theirs.tar"
  check_theirs podman/theirs
  rm "$dir/theirs.tar"
  remove_peer_cgroups
}

@test "docker runs the image that we save, we run the one that docker makes" {
  command -v dockerd || skip "docker is not installed"
  start_docker
  docker load -q -i "$dir/odd.tar"
  run docker_run --rm odd:2
  assert_output odd
  docker_run --name made odd:2 /bin/busybox sh -c "$change"
  docker commit made theirs:1
  docker rm made
  docker save -o "$dir/theirs.tar" theirs:1
  stop_docker
  minibox load -t docker/theirs "$dir/theirs.tar"
  check_theirs docker/theirs
  rm "$dir/theirs.tar"
  remove_peer_cgroups
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
