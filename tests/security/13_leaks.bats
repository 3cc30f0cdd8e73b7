# The attacker starts and kills containers without end, and waits until the host has run out of something that each of them
# leaves behind. MINIBOX_CYCLES says how many (default 1000).

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

# What there is of everything that a container has, but for names.
holdings() {
  echo "elements $(in_host nft list table ip "minibox_$bridge" | wc -l)"
  echo "cgroups $(find /sys/fs/cgroup -type d -path "*minibox-$bridge*" | wc -l)"
  echo "mounts $(grep -c "$dir" "/proc/$daemon/mountinfo")"
  echo "processes $(processes_of_daemon | wc -l)"
  echo "directories $(ls -A "$data/containers" | wc -l) $(ls -A "$data/tmp" | wc -l)"
}

# What the daemon keeps ready more or less of: networks, shims, threads, and descriptors of all these.
reserves() { echo $(($(in_host ip -o link | wc -l) + $(ls "/proc/$daemon/fd" "/proc/$daemon/task" | wc -l) + $(ip netns pids "$host" | wc -l))); }

# One that ends by itself, one that is killed while it runs, one that is killed while it starts.
cycle() {
  local id
  minibox run --rm busybox true
  id=$(minibox run -d -p "127.0.0.1:$1:80" busybox sleep 1000)
  minibox kill "$id"
  minibox rm "$id"
  id=$(minibox run -d busybox sh -c 'setsid sleep 1000 & exec sleep 1000')
  minibox rm -f "$id"
}

cycles() { for ((i = 0; i < $2; i++)); do cycle "$1" >/dev/null || return 1; done; }

@test "runs and kills without number leave nothing: links, rules, cgroups, mounts, processes, files, descriptors" {
  local before reserve count=$((${MINIBOX_CYCLES:-1000} / 3)) first
  cycles 20001 3
  cycles 20002 3 &
  first=$!
  cycles 20003 3
  wait $first
  settles() { before=$(holdings) reserve=$(reserves); [ "$before" = "$(holdings)" ] && [ -z "$(container_ids)" ]; }
  wait_until settles
  cycles 20001 $((count / 2)) &
  first=$!
  cycles 20002 $((count / 2))
  wait $first
  is_as_before() { holdings >"$dir/after"; [ "$(<"$dir/after")" = "$before" ]; }
  wait_until is_as_before || assert_equal "$(<"$dir/after")" "$before"
  # Fewer than one for each container.
  assert [ "$(reserves)" -lt $((reserve + count)) ]
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
