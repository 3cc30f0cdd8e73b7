# The attacker is an unprivileged user of a container, or its root, and wants more: by setuid programs and file capabilities
# that the image holds, by the capabilities themselves, by what PID 1 was made of, by memory dumps on the host.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

@test "setuid programs and file capabilities of the image give nothing" {
  run minibox run --rm -v "$dir/attackers:/attackers:ro" busybox sh -c '
    cp /attackers/privileges /setuid; chmod 6755 /setuid; stat -c "mode %a" /setuid
    cp /attackers/privileges /filecap; /attackers/privileges give /filecap && echo given
    for file in /setuid /filecap; do /attackers/privileges as 1000 $file show; done'
  assert_success
  assert_line "mode 6755"
  assert_line given
  assert_equal "$(grep -c '^euid 1000 egid 1000$' <<<"$output")" 2
  assert_equal "$(grep -c 'CapEff:.0000000000000000$' <<<"$output")" 2
  assert_equal "$(grep -c 'CapPrm:.0000000000000000$' <<<"$output")" 2
}

@test "capabilities: the default fourteen or fewer for every task, inheritable and ambient empty" {
  run minibox run --rm busybox sh -c 'sleep 9 & cat /proc/[0-9]*/task/*/status | grep ^Cap | sort -u'
  assert_output $'CapAmb:\t0000000000000000
CapBnd:\t00000000a80425fb
CapEff:\t00000000a80425fb
CapInh:\t0000000000000000
CapPrm:\t00000000a80425fb'
  run minibox run --rm -u 1000 busybox grep -E '^Cap(Eff|Prm|Inh|Amb)' /proc/self/status
  refute_output --regexp '[1-9a-f]$'
}

@test "the ids of a container are not the host's" {
  run minibox run --rm busybox cat /proc/self/uid_map /proc/self/gid_map
  assert_output --regexp '^ +0 +[1-9][0-9]+ +65536
 +0 +[1-9][0-9]+ +65536$'
  run minibox run --rm busybox sh -c 'echo 0 0 1 >/proc/self/uid_map; echo deny >/proc/self/setgroups'
  assert_output --partial 'Operation not permitted'
}

@test "core dumps are off, and the limit can't be raised" {
  run minibox run --rm -w /tmp busybox sh -c 'ulimit -Hc; ulimit -c unlimited; sh -c "kill -SEGV \$\$"; echo "status $?"; ls -A /tmp'
  assert_line --index 0 0
  assert_line "status 139"
  refute_output --partial core
}

@test "CVE-2019-5736: the program behind PID 1 can't be opened for writing" {
  local before
  before=$(sha256sum "$bin/minibox-shim" "$bin/miniboxd")
  for userns in private host; do
    run attack --userns $userns -- overwrite_exe /proc/1/exe
    assert_success
    assert_equal "${#lines[@]}" 7
    refute_output --partial WRITABLE
  done
  assert_equal "$(sha256sum "$bin/minibox-shim" "$bin/miniboxd")" "$before"
}

@test "CVE-2019-5736: an image whose command is /proc/self/exe runs the shim only inside" {
  local before
  before=$(sha256sum "$bin/minibox-shim")
  mkdir "$dir/exe"
  printf '#!/proc/self/exe\n' >"$dir/exe/script"
  printf '#!/proc/1/exe\n' >"$dir/exe/first"
  chmod 755 "$dir/exe/script" "$dir/exe/first"
  printf 'BASE busybox\nBLOCK one\n    COPY script first /\nSTART /script\n' >"$dir/exe/MiniBox"
  minibox build -t exe "$dir/exe"
  for command in /script /first /proc/self/exe /proc/1/exe; do
    run minibox run --rm exe $command
    assert_failure
    refute_output --partial "$dir"
  done
  assert_equal "$(sha256sum "$bin/minibox-shim")" "$before"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
