# A private miniboxd for one bats file, on a "host" of its own: a network namespace, so that bridge, nftables table and
# ip_forward are never the machine's, with another namespace beside it that plays the rest of the world.
#
#   setup_file()    { start_host; start_daemon; }
#   teardown_file() { stop_host; }
#   last test:      stop_daemon_cleanly; assert_nothing_left
#
# Everything is exported by setup_file, so tests see: $host (namespace), $outside, $data, $daemon (pid), $bridge, $dir.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

project=$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd -P)
bin=${MINIBOX_BIN:-$project/build/bin}

# host address towards the outside, and the address of the outside itself
host_address=192.0.2.1
outside_address=192.0.2.2

start_host() {
  local tag
  tag=$(printf '%04x%04x' $RANDOM $RANDOM)
  host=mbt$tag outside=mbo$tag bridge=mbt$tag
  dir=$(mktemp -d /tmp/minibox-e2e.XXXXXX)
  data=$dir/data
  export host outside bridge dir data
  chmod 755 "$dir"
  ip netns add "$host"
  ip netns add "$outside"
  ip link add uplink0 netns "$host" type veth peer name eth0 netns "$outside"
  in_host ip link set lo up
  in_host ip addr add $host_address/24 dev uplink0
  in_host ip link set uplink0 up
  in_outside ip link set lo up
  in_outside ip addr add $outside_address/24 dev eth0
  in_outside ip link set eth0 up
  export MINIBOX_DATA_ROOT=$data MINIBOX_SOCKET=$dir/minibox.sock MINIBOX_HTTP_ADDR=127.0.0.1:8080
  export MINIBOX_BRIDGE=$bridge MINIBOX_SUBNET=10.$((RANDOM % 200 + 50)).$((RANDOM % 250)).0/24
  export MINIBOX_BUILD_PREFIXES=$dir,$project/examples MINIBOX_API=http://127.0.0.1:8080
  unset MINIBOX_API_TOKEN NO_COLOR HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy
}

# Not `ip netns exec`: that mounts a new /sys and hides the cgroups.
in_host() { nsenter --net="/run/netns/$host" "$@"; }
in_outside() { nsenter --net="/run/netns/$outside" "$@"; }
minibox() { in_host "$bin/minibox" "$@"; }
# For the background: $! is the program itself and no shell around it.
exec_in_host() { exec nsenter --net="/run/netns/$host" "$@"; }
exec_in_outside() { exec nsenter --net="/run/netns/$outside" "$@"; }
exec_minibox() { exec_in_host "$bin/minibox" "$@"; }

# start_daemon [WRAPPER...]: the wrapper must exec what follows it.
start_daemon() {
  exec_in_host "$@" "$bin/miniboxd" >>"$dir/miniboxd.log" 2>&1 3>&- &
  daemon=$!
  export daemon
  echo "$daemon" >"$dir/daemon.pid"
  wait_until daemon_answers || { cat "$dir/miniboxd.log" >&2; return 1; }
}

daemon_answers() {
  is_running "$daemon" || return 2
  minibox ping
}

kill_daemon() {
  kill -KILL "$(<"$dir/daemon.pid")"
  wait_until has_ended "$(<"$dir/daemon.pid")"
}

stop_daemon_cleanly() {
  local id
  for id in $(container_ids); do minibox rm -f "$id" >/dev/null; done
  kill -TERM "$(<"$dir/daemon.pid")"
  wait_until has_ended "$(<"$dir/daemon.pid")"
}

container_ids() { minibox ps -a --json | jq -r '.[].id'; }

# Whatever happened, nothing stays. What a test has left behind by mistake is the business of assert_nothing_left.
stop_host() {
  local pid
  [ ! -d "/run/netns/$host" ] || return 0
  for pid in $(ip netns pids "$host" 2>/dev/null) $(ip netns pids "$outside" 2>/dev/null) $(processes_of_daemon); do kill -KILL "$pid" 2>/dev/null || true; done
  wait_until nobody_in_host || true
  ip netns del "$host" || true
  ip netns del "$outside" || true
  find /sys/fs/cgroup -depth -path "*/minibox-$bridge*" -type d -exec rmdir {} + 2>/dev/null || true
  # Those of lazy layers, which outlive whoever made them.
  awk -v dir="$dir/" 'index($5, dir) == 1 {print $5}' /proc/self/mountinfo | xargs -r umount -l
  rm -rf "$dir"
}

# Containers sit in network namespaces of their own: they are known by their cgroup.
processes_of_daemon() {
  { grep -l "/minibox-$bridge" /proc/[0-9]*/cgroup 2>/dev/null || true; } | cut -d/ -f3
}

nobody_in_host() { [ -z "$(ip netns pids "$host")$(processes_of_daemon)" ]; }

# After a clean end of the daemon: no process, link, table, cgroup, mount or container directory is there.
assert_nothing_left() {
  wait_until nobody_in_host || fail "processes left: $(ip netns pids "$host" | xargs -r ps -o pid,args -p) $(processes_of_daemon)"
  run in_host nft list tables
  refute_output --partial minibox
  wait_until no_links || fail "links left: $(in_host ip -o link)"
  run find /sys/fs/cgroup -type d -path "*minibox-$bridge*"
  assert_output ""
  run grep -c "$dir" /proc/self/mountinfo
  assert_output 0
  run ls -A "$data/containers" "$data/tmp"
  refute_output --regexp '[a-f0-9]{8}'
  assert [ ! -e "$MINIBOX_SOCKET" ]
}

# The kernel takes network namespaces, and with them veths, apart in the background.
no_links() { ! in_host ip -o link | grep -qE "$bridge|mbx"; }

is_running() { [ -e "/proc/$1/exe" ] && ! has_ended "$1"; }
has_ended() {
  local state
  state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || true
  [[ -z $state || $state == [ZX]* ]]
}

# Asks again until the command succeeds; gives up after ten seconds, or at once when it returns 2.
wait_until() {
  local deadline=$((SECONDS + ${deadline_seconds:-10})) status
  while :; do
    status=0
    "$@" >/dev/null 2>&1 || status=$?
    [ $status -ne 0 ] || return 0
    [ $status -ne 2 ] && [ $SECONDS -lt $deadline ] || { echo "gave up waiting for: $*" >&2; return 1; }
    sleep 0.05
  done
}

# context NAME: a directory whose MiniBox file comes from stdin
context() {
  rm -rf "${dir:?}/$1"
  mkdir -p "$dir/$1"
  cat >"$dir/$1/MiniBox"
}

# Digests in hex: of an image by name.
manifest_of() {
  jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest | ltrimstr("sha256:")' "$data/index.json"
}
config_of() { jq -r '.config.digest | ltrimstr("sha256:")' "$data/blobs/sha256/$(manifest_of "$1")"; }

logs_contain() { minibox logs "$1" | grep -q -- "$2"; }
status_is() { [ "$(field "$1" status)" = "$2" ]; }
field() { minibox ps -a --json | jq -r --arg id "$1" --arg key "$2" '.[] | select(.id == $id) | .[$key]'; }
# -900 where the host lets the daemon lower it: a preference of --db, not a demand.
database_oom_score() {
  local capabilities
  capabilities=$(sed -n 's/^CapEff:\t/0x/p' "/proc/$daemon/status")
  if ((capabilities >> 24 & 1)); then echo -900; else cat "/proc/$daemon/oom_score_adj"; fi
}
container_pid() { in_host curl -sS http://127.0.0.1:8080/containers | jq -r --arg id "$1" '.[$id].pid'; }

# The daemon's log belongs to the report of a failed test.
teardown() {
  [ "${BATS_TEST_COMPLETED:-}" = 1 ] || tail -n 15 "$dir/miniboxd.log" | sed 's/^/miniboxd: /'
}
