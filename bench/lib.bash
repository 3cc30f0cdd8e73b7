# What the benchmarks share: private namespaces, a daemon, the peers' bundles, the measuring, the table.
#
#   source bench/lib.bash    with $rounds, and $reference: the contender that others are compared with
#   begin                    what follows happens in private mount and network namespaces, with $work as directory
#   contender NAME COMMAND   for each
#   measure NAME COMMAND     lets the program time the contenders, prints the table, writes it to build/bench/NAME.md

readonly bin=${MINIBOX_BIN:-$PWD/build/bin} results=$PWD/build/bench

begin() {
  [ -n "${BENCH_INSIDE:-}" ] || enter_namespaces
  work=$(mktemp -d /tmp/minibox-bench.XXXXXX)
  chmod 755 "$work"
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  # Seen in the private namespace only: it goes with the last process, whatever ends the benchmark.
  [ -z "${in_memory:-}" ] || mount -t tmpfs -o mode=755 none "$work"
  prepare
  start_minibox
}

enter_namespaces() {
  [ "$(id -u)" -eq 0 ] || { echo "bench: containers need root" >&2; exit 1; }
  [ -x "$bin/minibox" ] || { echo "bench: $bin/minibox is missing (remedy: make)" >&2; exit 1; }
  BENCH_INSIDE=1 exec unshare --mount --net --propagation private "$0" "$rounds"
}

prepare() {
  # A new sysfs shows this namespace's links; the machine's cgroup mounts move over to it.
  mkdir -p "$work/cgroup"
  mount --rbind /sys/fs/cgroup "$work/cgroup"
  mount -t sysfs sysfs /sys
  mount --rbind "$work/cgroup" /sys/fs/cgroup
  umount -l "$work/cgroup"
  ip link set lo up
  hide_state_of_peers
  make_rootfs "$work/rootfs"
}

# What runc, crun and podman write outside the directories they are given is not for the machine.
hide_state_of_peers() {
  local socket=/run/docker.sock
  if [ -S $socket ]; then
    touch "$work/docker.sock"
    mount --bind $socket "$work/docker.sock"
    export DOCKER_HOST=unix://$work/docker.sock
  fi
  mount -t tmpfs none /run
  mkdir -p /run/lock "$work/lib/upper" "$work/lib/work"
  mount -t overlay none -o "lowerdir=/var/lib,upperdir=$work/lib/upper,workdir=$work/lib/work" /var/lib
}

make_rootfs() {
  mkdir -p "$1"/{bin,proc,sys,dev,tmp,etc}
  cp "$(command -v busybox)" "$1/bin/busybox"
  ln -s busybox "$1/bin/true"
  ln -s busybox "$1/bin/sh"
}

# Contenders are collected in this file: name, tab, command.
contender() { printf '%s\t%s\n' "$1" "${*:2}" >>"$work/contenders"; }

start_minibox() {
  export MINIBOX_DATA_ROOT=$work/data MINIBOX_SOCKET=$work/minibox.sock MINIBOX_HTTP_ADDR=127.0.0.1:8080
  export MINIBOX_BRIDGE=mbbench$((RANDOM % 1000)) MINIBOX_SUBNET=10.251.251.0/24
  unset MINIBOX_API MINIBOX_API_TOKEN
  "$bin/miniboxd" >"$work/miniboxd.log" 2>&1 &
  daemon=$!
  local deadline=$((SECONDS + 10))
  until "$bin/minibox" ping >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || { cat "$work/miniboxd.log" >&2; exit 1; }
    sleep 0.05
  done
}

# bundle RUNTIME NAME FILTER: a bundle made of the runtime's own default spec, changed by a jq filter
bundle() {
  local path=$work/bundles/$1-$2
  mkdir -p "$path"
  (cd "$path" && "$1" spec) >/dev/null 2>&1
  jq --arg root "$work/rootfs" --slurpfile seccomp profiles/default.json \
    ".process.terminal = false | .process.args = [\"/bin/true\"] | .root = {path: \$root, readonly: false}
     | .process.rlimits = [{type: \"RLIMIT_NOFILE\", hard: 1024, soft: 1024}] | $3" \
    "$path/config.json" >"$path/new.json"
  mv "$path/new.json" "$path/config.json"
  echo "$path"
}

# Debian's crun refuses a host with both cgroup versions: the clients, and only they, don't see the second one.
as_client() {
  unshare --mount --propagation private sh -c 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' client "$@"
}

prepare_podman() {
  printf '[containers]\ndefault_ulimits=["nofile=1024:4096","nproc=4096:4096"]\n' >"$work/containers.conf"
  export CONTAINERS_CONF=$work/containers.conf
  podman="podman --root $work/podman --runroot $work/podman-run --cgroup-manager cgroupfs --events-backend file"
  # shellcheck disable=SC2086  # words on purpose
  tar -C "$work/rootfs" -c . | $podman import - bench >/dev/null 2>&1
}

measure() {
  mkdir -p "$results"
  as_client "${@:2}" <"$work/contenders" >"$work/times"
  {
    echo "$rounds rounds in turn on $(nproc) cores, kernel $(uname -r), $(date -u +%F)."
    echo
    print_table
  } | tee "$results/$1.md"
}

print_table() {
  local base
  base=$(awk -F'\t' -v name="$reference" '$1 == name && $2 != "failed" {print $2}' "$work/times")
  echo "| what | median ms | p10 | p90 | ratio to \`$reference\` |"
  echo "|---|---:|---:|---:|---:|"
  awk -F'\t' -v base="${base:-0}" '
    $2 == "failed" { printf "| %s | failed with status %s | | | |\n", $1, $3; next }
    {
      ratio = base > 0 ? sprintf("%.2f", $2 / base) : "-"
      printf "| %s | %.2f | %.2f | %.2f | %s |\n", $1, $2 / 1000, $3 / 1000, $4 / 1000, ratio
    }' "$work/times"
}

clean_up() {
  local status=$?
  trap - EXIT
  set +e
  ! declare -F remove_containers >/dev/null || remove_containers >/dev/null 2>&1
  if [ -n "${daemon:-}" ]; then
    kill "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
  fi
  [ -z "${docker_used:-}" ] || docker rmi -f minibox-bench >/dev/null 2>&1
  [ ! -d "$work/podman" ] || podman --root "$work/podman" --runroot "$work/podman-run" unshare true 2>/dev/null
  grep -F "$work/podman" /proc/self/mounts | cut -d' ' -f2 | sort -r | xargs -r -n1 umount -l 2>/dev/null
  umount -l /var/lib "$work/docker.sock" 2>/dev/null
  [ -z "${in_memory:-}" ] || umount -l "$work"
  rm -rf "$work"
  exit $status
}
