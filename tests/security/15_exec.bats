# The attacker waits in a container for somebody to run `exec`: what enters comes from the host, with the host's descriptors,
# root and rights, and passes through directories, programs and /proc entries that the container controls
# (CVE-2016-9962, CVE-2019-5736, CVE-2024-21626). An exec that is less confined than its container is a way out as well.

load lib/attack
setup_file() {
  export MINIBOX_TEST_SECRET=from-the-daemons-environment
  start_attack_host
  unset MINIBOX_TEST_SECRET
  touch "$dir/host-marker"
  minibox run -d --name box -v "$dir/attackers:/attackers:ro" busybox sleep 1000 >/dev/null
  minibox run -d --name hostbox --userns host -v "$dir/attackers:/attackers:ro" busybox sleep 1000 >/dev/null
}
teardown_file() { stop_host; }

inside() { minibox exec "$@"; }

@test "what is executed is where and what the container is: root, namespaces, cgroup, capabilities, filter, privileges, ids" {
  local box kind what
  for box in box hostbox; do
    for kind in mnt pid net ipc uts user cgroup; do
      assert_equal "$(inside $box readlink "/proc/self/ns/$kind")" "$(readlink "/proc/$(container_pid "$(id_of $box)")/ns/$kind")"
    done
    for what in 'grep -E ^(Cap|Seccomp|NoNewPrivs) /proc/self/status' 'cat /proc/self/uid_map' 'cat /proc/self/cgroup' 'cat /proc/self/mountinfo' 'cat /proc/self/limits'; do
      run inside $box $what
      assert_success
      assert_output "$(inside $box ${what//self/1})"
    done
    run inside $box sh -c "ls -d /tmp/*/host-marker $dir/host-marker"
    assert_failure
  done
}

id_of() { minibox ps --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .id'; }

@test "the calls that the container must not make are refused to an exec too, by every entry" {
  run inside box /attackers/probe_calls native
  assert [ "${#lines[@]}" -gt 60 ]
  assert_equal "$(grep -v ' 1$' <<<"$output")" "getpid 0"
  run inside box /attackers/probe_calls i386
  assert_equal "$(grep -vE ' (38|killed)$' <<<"$output")" ""
  run inside box /attackers/probe_calls x32
  assert_equal "$(grep -v ' 38$' <<<"$output")" ""
}

@test "an exec has the descriptors 0 to 2 and nothing of the daemon's environment" {
  run inside box sh -c 'ls /proc/$$/fd | xargs; cat /proc/$$/environ /proc/1/environ | tr "\0" "\n"'
  refute_output --regexp '(^| )([3-9]|[1-8][0-9])( |$)'
  refute_output --partial from-the-daemons-environment
  refute_output --partial MINIBOX_
}

@test "CVE-2024-21626: no working directory or program /proc/self/fd/N of an exec leads out" {
  local fd box
  for fd in {3..16}; do
    for box in box hostbox; do
      run inside -w "/proc/self/fd/$fd" $box sh -c 'up=.; for i in 1 2 3 4 5 6 7 8; do
        [ ! -e "$up$0/host-marker" ] || echo "HOST REACHED"; up=$up/..; done' "$dir"
      refute_output --partial "HOST REACHED"
      run in_any_way inside $box "/proc/self/fd/$fd/../../../../../../../../../bin/ls" "$dir"
      refute_output --partial host-marker
    done
  done
}

@test "CVE-2019-5736: programs that are /proc/self/exe, by name, link or script, give no hold on the shim" {
  local before box
  before=$(sha256sum "$bin/minibox-shim" "$bin/miniboxd")
  for box in box hostbox; do
    inside $box sh -c 'printf "#!/proc/self/exe\n" >/script; chmod 755 /script; ln -s /proc/self/exe /link'
    for program in /script /link /proc/self/exe /proc/1/exe; do
      run in_any_way inside $box $program
      assert_failure
    done
    run inside $box /attackers/overwrite_exe /proc/1/exe
    refute_output --partial WRITABLE
  done
  assert_equal "$(sha256sum "$bin/minibox-shim" "$bin/miniboxd")" "$before"
}

@test "CVE-2016-9962: who waits inside for an exec can't open what it brings along" {
  inside -d box sh -c 'while :; do for process in /proc/[0-9]*; do
      case $(cat $process/comm 2>/dev/null) in *minibox*) ls -l $process/fd/ $process/cwd $process/root $process/exe; cat $process/environ $process/maps; esac
    done 2>/dev/null; done >>/seen'
  for _ in {1..20}; do inside box true; done
  run inside box cat /seen
  assert_success
  refute_output --partial "$dir"
  refute_output --partial "$bin"
  refute_output --partial MINIBOX_
}

@test "an exec ends with its container, and counts against its limits" {
  minibox run -d --name small --pids-limit 20 -v "$dir/attackers:/attackers:ro" busybox sleep 1000 >/dev/null
  inside -d small /attackers/fork_bomb
  wait_until pids_limit_was_met "$(id_of small)"
  minibox rm -f small
  minibox rm -f box hostbox
  wait_until no_process_of_a_container
}

pids_limit_was_met() { find /sys/fs/cgroup -path "*minibox-$bridge/*$1*/pids.events" -exec grep -q '^max [1-9]' {} \; -print | grep -q .; }
no_process_of_a_container() { [ -z "$(processes_of_daemon)" ]; }

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
