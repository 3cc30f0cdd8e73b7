# Load and faults: many lives, many at once, a daemon that dies at any moment, disks that fill up. Afterwards nothing has
# leaked and every record is true. MINIBOX_SOAK=full runs the long form (make soak); the short one belongs to make test.

load ../e2e/lib/daemon

setup_file() {
  start_host
  if [ "${MINIBOX_SOAK:-short}" = full ]; then
    export cycles=1000 at_once=200 deaths=100
  else
    export cycles=60 at_once=40 deaths=8
  fi
  start_daemon
  minibox run --rm busybox true
  idle_elements=$(elements)
  export idle_elements
}
teardown_file() { stop_host; }

elements() { in_host nft list ruleset | grep -c " : " || true; }

# What a leak would add to, with what is kept ready for the next container.
count_all() {
  echo "$(in_host ip -o link | grep -c mbx) links, at most 40"
  echo "$(elements) elements, at most $idle_elements"
  echo "$(find /sys/fs/cgroup -mindepth 1 -type d -path "*/minibox-$bridge/*" | wc -l) cgroups, at most 0"
  echo "$(find "$data/containers" -name state.json -size +0 | wc -l) containers, at most 0"
  echo "$(find "$data/tmp" -mindepth 1 -maxdepth 1 | wc -l) removed ones, at most 0"
  echo "$(wc -l <"/proc/$daemon/mountinfo") mounts, at most $(($(wc -l </proc/self/mountinfo) + 1))"
  echo "$(find "/proc/$daemon/fd" -mindepth 1 | wc -l) descriptors, at most 160"
  echo "$(pgrep -c -P "$daemon") children, at most 8"
}
too_many() { count_all | awk '$1 > $NF'; }
is_settled() { [ -z "$(too_many)" ]; }

@test "after many lives nothing has leaked" {
  local i id
  for ((i = 0; i < cycles; i++)); do
    case $((i % 5)) in
      0) minibox run --rm busybox true ;;
      1) id=$(minibox run -d -p 18080:80 busybox sleep 1000) && minibox kill "$id" >/dev/null && minibox rm "$id" >/dev/null ;;
      2) id=$(minibox run -d --network none busybox sleep 1000) && minibox rm -f "$id" >/dev/null ;;
      3) ! minibox run --rm busybox /no/such/program 2>/dev/null ;;
      4) id=$(minibox run -d -m 32 busybox sh -c 'trap "exit 3" TERM; while :; do sleep 1000 & wait; done') &&
        minibox stop "$id" >/dev/null && minibox start "$id" >/dev/null && minibox rm -f "$id" >/dev/null ;;
    esac || fail "cycle $i"
  done
  deadline_seconds=30 wait_until is_settled || fail "leaked: $(too_many)"
}

@test "many at once start, answer and go" {
  local i jobs=()
  for ((i = 0; i < at_once; i++)); do
    exec_minibox run --rm --name "many$i" busybox echo "number $i" >"$dir/many.$i" 2>"$dir/many.$i.err" 3>&- &
    jobs+=($!)
  done
  for i in "${jobs[@]}"; do wait "$i" || true; done
  for ((i = 0; i < at_once; i++)); do
    assert_equal "$(cat "$dir/many.$i")" "number $i"
  done
  deadline_seconds=30 wait_until is_settled || fail "leaked: $(too_many)"
}

# One client of the mixed load; whatever it meets while the daemon is dead, it goes on.
mixed_load() {
  local i id
  for ((i = 0; ; i++)); do
    [ -e "$dir/enough" ] && return 0
    id=$("$bin/minibox" run -d --name "load$1-$i" busybox sh -c 'echo begin; sleep 0.05; echo end; exit 7' 2>/dev/null) || continue
    echo "$id" >>"$dir/started.$1"
    case $((i % 3)) in
      0) "$bin/minibox" stop -t 1 "$id" ;;
      1) "$bin/minibox" logs "$id" ;;
      2) "$bin/minibox" start "$id" ;;
    esac >/dev/null 2>&1
  done
}
export -f mixed_load

# A status that nobody saw, -1, is only true of a container whose shim was killed; here none is.
is_true_record() {
  local status exit_code
  read -r status exit_code <<<"$1"
  [[ $status == running || ($status == exited && $exit_code =~ ^(7|137|143)$) ]]
}

@test "a daemon killed at random moments of a mixed load loses no container and no exit status" {
  local i id line jobs=()
  for i in 1 2; do
    exec_in_host env bin="$bin" dir="$dir" bash -c "mixed_load $i" 3>&- &
    jobs+=($!)
  done
  for ((i = 0; i < deaths; i++)); do
    wait_until test -s "$dir/started.1"
    # The moment is chance, and moments are what this is about: nothing is waited for.
    read -rt "0.$((RANDOM % 40 + 10))" <> <(:) || true
    kill_daemon
    start_daemon
  done
  touch "$dir/enough"
  for i in "${jobs[@]}"; do wait "$i"; done
  # Everyone whose id was given out is known, and ends with its own status.
  for id in $(cat "$dir"/started.*); do
    deadline_seconds=30 wait_until status_is "$id" exited || fail "$id does not end: $(minibox ps -a)"
  done
  while read -r id line; do
    is_true_record "$line" || fail "$id: $line"
  done < <(minibox ps -a --json | jq -r '.[] | "\(.id) \(.status) \(.exit)"')
  for id in $(container_ids); do minibox rm -f "$id" >/dev/null; done
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
