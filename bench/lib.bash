# What the benchmarks share: private namespaces, a daemon, the peers' bundles, the measuring, the table.
#
#   source bench/lib.bash    with $rounds, and $reference: the contender that others are compared with
#   begin                    what follows happens in private namespaces, with $work as directory; nothing of it stays,
#                            whatever ends the benchmark. What has a cgroup is to have $tag in its name
#   contender NAME COMMAND   for each
#   measure NAME COMMAND     lets the program time the contenders, prints the table, writes it to build/bench/NAME.md

readonly bin=${MINIBOX_BIN:-$PWD/build/bin} results=$PWD/build/bench
turn=0
read -r tag work <<<"${BENCH_INSIDE:-}" || true

begin() {
  [ -n "${BENCH_INSIDE:-}" ] || enter_namespaces
  # Seen in the private namespace only.
  [ -z "${in_memory:-}" ] || mount -t tmpfs -o mode=755 none "$work"
  prepare
  start_minibox
}

# Called before begin: everything lies in memory, so that it is the programs that are compared, not what the disk does
# meanwhile. BENCH_ON_DISK=1 puts it on the disk under /tmp.
prefer_memory() { [ -n "${BENCH_ON_DISK:-}" ] || in_memory=true; }

# What the benchmarks of images work on: 400 MB in 80 files, half of them text, and 10,000 small files, as $work/layer.tar
make_layer() {
  local i
  mkdir -p "$work"/tree/{bin,big,many}
  cp "$work/rootfs/bin/busybox" "$work/tree/bin/busybox"
  for i in {1..40}; do
    head -c 5M /dev/urandom >"$work/tree/big/random$i"
    (yes "line $i of a text that can be compressed" || true) | head -c 5M >"$work/tree/big/text$i"
  done
  for i in {1..100}; do
    mkdir "$work/tree/many/$i"
    (cd "$work/tree/many/$i" && seq 1 10000 | split -l 100 -)
  done
  tar -C "$work/tree" -cf "$work/layer.tar" .
  rm -rf "$work/tree"
}

# The daemon removes what nobody needs in the background: only the base and the mount points stay.
wait_for_few_layers() {
  local deadline=$((SECONDS + 60))
  until [ "$(find "$work/data/extracted" -mindepth 1 -maxdepth 1 | wc -l)" -le 2 ] && [ -z "$(ls -A "$work/data/tmp")" ]; do
    [ $SECONDS -lt $deadline ] || { echo "bench: the daemon keeps what nobody needs" >&2; exit 1; }
    sleep 0.05
  done
}

# What the daemon does for later, as the index of a layer that has come, is not to slow down whoever is next.
wait_for_idle_daemon() {
  local before after=''
  until before=$after && after=$(awk '{print $14 + $15}' "/proc/$daemon/stat") && [ "$before" = "$after" ]; do sleep 0.2; done
}

# try NAME PREPARE COMMAND: what COMMAND takes, in milliseconds, appended to $work/times; PREPARE is not counted.
try() {
  local name=$1 prepare=$2 command=$3 start end
  eval "$prepare" >"$work/log" 2>&1 || true
  wait_for_idle_daemon
  start=$EPOCHREALTIME
  eval "$command" >"$work/log" 2>&1 || { echo "bench: $name failed: $(tail -n1 "$work/log")" >&2; return 0; }
  end=$EPOCHREALTIME
  printf '%s\t%d\n' "$name" $(((${end/./} - ${start/./}) / 1000)) >>"$work/times"
}

# rotate FUNCTION..: calls all of them; each time another one first
rotate() {
  local i first=$((turn++ % $#)) all=("$@")
  for ((i = 0; i < $#; i++)); do "${all[(first + i) % $#]}"; done
}

# A table of what try() measured: "PROGRAM WHAT" is compared with "minibox WHAT".
print_medians() {
  echo "| what | median ms | times ours |"
  echo "|---|---:|---:|"
  sort -t$'\t' -k1,1 -k2,2n "$work/times" | awk -F'\t' '
    function flush() { if (n) { names[++count] = name; medians[name] = v[int((n + 1) / 2)] } }
    $1 != name { flush(); name = $1; n = 0 }
    { v[++n] = $2 }
    END {
      flush()
      for (i = 1; i <= count; i++) {
        ours = medians["minibox " substr(names[i], index(names[i], " ") + 1)]
        printf "| %s | %d | %s |\n", names[i], medians[names[i]], ours ? sprintf("%.2f", medians[names[i]] / ours) : ""
      }
    }'
}

# The benchmark runs in namespaces of its own, and this process stays outside: with the process namespace ends whatever
# ran in it, daemons and containers, and with that the mounts and links; only cgroups and files are left to be removed.
enter_namespaces() {
  [ "$(id -u)" -eq 0 ] || { echo "bench: containers need root" >&2; exit 1; }
  [ -x "$bin/minibox" ] || { echo "bench: $bin/minibox is missing (remedy: make)" >&2; exit 1; }
  tag=mbb$$x
  work=$(mktemp -d /tmp/minibox-bench.XXXXXX)
  chmod 755 "$work"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  BENCH_INSIDE="$tag $work" unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private \
    "$0" "$rounds" <&0 &
  inside=$!
  wait "$inside"
  exit
}

clean_up() {
  local status=$?
  trap - EXIT
  set +e
  kill -KILL "$inside" 2>/dev/null  # it takes the namespaces' first process with it, and that the others
  wait "$inside" 2>/dev/null
  remove_cgroups
  remove_from_docker >/dev/null 2>&1
  rm -rf "$work"
  exit $status
}

# All that the benchmark starts has $tag in the names of its cgroups. They can be removed once the last process has gone.
remove_cgroups() {
  local deadline=$((SECONDS + 20))
  until find /sys/fs/cgroup/ -depth -path "*$tag*" -type d -exec rmdir {} + 2>/dev/null &&
    [ -z "$(find /sys/fs/cgroup/ -path "*$tag*" -type d -print -quit)" ]; do
    [ $SECONDS -lt $deadline ] || { echo "bench: cgroups named $tag stay" >&2; return 1; }
    sleep 0.05
  done
}

# What the machine's own Docker was given.
remove_from_docker() {
  [ -e "$work.docker" ] || return 0
  rm "$work.docker"
  docker ps -aq --filter name=minibox-bench | xargs -r docker rm -f
  docker rmi -f minibox-bench
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
  export MINIBOX_BRIDGE=$tag MINIBOX_SUBNET=10.251.251.0/24
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

# A dockerd of the benchmark's own. Fails with the reason in $refused; afterwards $docker is the client.
start_dockerd() {
  # The client of the same package: a newer one builds only with a plugin.
  docker=/usr/bin/docker
  local program deadline=$((SECONDS + 60))
  for program in $docker dockerd; do
    command -v "$program" >/dev/null || { refused="$program is not installed"; return 1; }
  done
  export DOCKER_HOST=unix://$work/dockerd.sock DOCKER_CONFIG=$work/docker-config
  mkdir "$DOCKER_CONFIG"
  echo '{}' >"$DOCKER_CONFIG/config.json"  # podman reads it too
  dockerd --data-root "$work/docker" --exec-root "$work/docker-run" --pidfile "$work/dockerd.pid" -H "$DOCKER_HOST" \
    --cgroup-parent "$tag-docker" --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    >"$work/dockerd.log" 2>&1 &
  local dockerd=$!
  until $docker version >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ] || ! kill -0 "$dockerd" 2>/dev/null; then
      refused="its daemon does not start: $(tail -n1 "$work/dockerd.log")"
      return 1
    fi
    sleep 0.1
  done
}

# The machine's own Docker, when it answers, gets the image minibox-bench.
prepare_docker() {
  command -v docker >/dev/null && docker info >/dev/null 2>&1 || return 1
  touch "$work.docker"
  tar -C "$work/rootfs" -c . | docker import - minibox-bench:latest >/dev/null 2>&1
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
