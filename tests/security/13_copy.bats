# CVE-2018-15664, CVE-2019-14271: somebody copies files into or out of a running container, and its programs exchange
# directories for links while the daemon, root, walks through them.

load lib/attack
setup_file() {
  start_attack_host
  mkdir "$dir/outside" "$dir/local"
  echo top-secret >"$dir/outside/key"
  echo harmless >"$dir/local/key"
}
teardown_file() { stop_host; }

# swapping NAME LINK: a container NAME that exchanges its directory /srv/target for a link to LINK without a pause
swapping() {
  minibox run -d --name "$1" -v "$dir/attackers:/attackers:ro" busybox sh -c \
    "mkdir -p /srv/target && echo mine >/srv/target/key && exec /attackers/swapper /srv target $2"
  wait_until logs_contain "$1" swapping
}

@test "CVE-2018-15664: a racing swapper leads no copy outside of its container, in or out" {
  local link name inside=0
  for link in "$dir/outside" "../../../../../../../..$dir/outside" "/proc/1/root$dir/outside" "/proc/self/root/../..$dir/outside"; do
    name=swapping$((++count))
    swapping "$name" "$link"
    for _ in {1..12}; do
      minibox cp "$dir/local/." "$name:/srv/target" 2>/dev/null || true
      minibox cp "$dir/local" "$name:/srv/target/planted" 2>/dev/null || true
      run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp $name:/srv/target - 2>/dev/null | tar -xO 2>/dev/null"
      refute_output --partial top-secret
      [ -z "$output" ] || inside=$((inside + 1))
      run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp $name:/srv/target/key - 2>/dev/null | tar -xO 2>/dev/null"
      refute_output --partial top-secret
    done
    minibox rm -f "$name" >/dev/null
    assert_equal "$(ls -A "$dir/outside")" key
    assert_equal "$(cat "$dir/outside/key")" top-secret
  done
  assert [ $inside -gt 0 ]
}

@test "CVE-2019-14271: copying runs no program and loads no library of the container" {
  minibox run -d --name libraries busybox sh -c 'mkdir -p /lib /usr/lib /lib64
    for name in libnss_files.so.2 libc.so.6 ld-linux-x86-64.so.2; do echo evil >/lib/$name; echo evil >/lib64/$name; done
    echo "/lib/evil.so" >/etc/ld.so.preload; for tool in tar cp gzip; do printf "#!/bin/sh\ntouch /ran\n" >/bin/$tool; chmod 755 /bin/$tool; done 2>/dev/null
    echo ready; exec sleep 1000'
  wait_until logs_contain libraries ready
  minibox cp "$dir/local" libraries:/copied
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp libraries:/copied - | tar -xO"
  assert_output harmless
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp libraries:/ran - 2>&1"
  assert_failure
  minibox rm -f libraries
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
