# The attacker shares a volume with containers that others start, or made the image they start: places where something
# is mounted are exchanged for symlinks in the moment between the look and the mount (CVE-2018-15664, CVE-2021-30465), or are
# symlinks from the beginning.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() {
  umount "$dir/tree/below" 2>/dev/null || true
  stop_host
}

@test "CVE-2021-30465: a racing swapper of a volume target leads no mount and no directory outside" {
  mkdir -p "$dir/shared" "$dir/payload" "$dir/outside"
  chmod 777 "$dir/shared"
  echo payload >"$dir/payload/marker"
  minibox run -d --name swapper -v "$dir/attackers:/attackers:ro" -v "$dir/shared:/shared" busybox \
    /attackers/swapper /shared target "$dir/outside"
  wait_until logs_contain swapper swapping
  local round outcome inside=0
  for round in {1..30}; do
    run minibox run --rm -v "$dir/shared:/shared" -v "$dir/payload:/shared/target/made" busybox \
      sh -c "cat /proc/self/mountinfo; ls -d $dir/outside/* 2>/dev/null; echo ran"
    [ "$status" -ne 0 ] || inside=$((inside + 1))
    # Where it landed: below the volume, or where the link leads within the container's own root.
    for outcome in $(grep -o ' /[^ ]*made ' <<<"$output"); do
      [[ $outcome == /shared/target/made || $outcome == "$dir/outside/made" || $outcome == /shared/swapped/made ]] || fail "mounted at $outcome"
    done
  done
  minibox rm -f swapper
  assert [ $inside -gt 0 ]
  assert_equal "$(ls -A "$dir/outside")" ""
  run grep -c "$dir" /proc/self/mountinfo
  assert_output 0
}

@test "symlinks of an image lead volumes and tmpfs nowhere but into the container" {
  mkdir -p "$dir/evil/links" "$dir/untouched" "$dir/gift"
  echo gift >"$dir/gift/marker"
  ln -s "$dir/untouched" "$dir/evil/links/absolute"
  ln -s "../../../../../../../../..$dir/untouched" "$dir/evil/links/relative"
  ln -s /proc/self/root/.. "$dir/evil/links/magic"
  ln -s /proc/1/cwd "$dir/evil/links/cwd"
  printf 'BASE busybox\nBLOCK one\n    COPY links/ /links/\n    RUN mkdir -p %s\n' "$dir/untouched" >"$dir/evil/MiniBox"
  minibox build -t evil "$dir/evil"
  for link in absolute relative magic cwd; do
    run minibox run --rm -v "$dir/gift:/links/$link/sub" -v "$dir/gift:/plain" evil sh -c "cat /plain/marker; ls $dir/untouched/"
    [ "$status" -ne 0 ] || refute_output --regexp 'sub[23]'
    run minibox run --rm --tmpfs "/links/$link/sub2" evil true
    run minibox run --rm -w "/links/$link/sub3" evil true
  done
  run minibox run --rm -v "$dir/gift:/links/absolute/sub" evil cat "$dir/untouched/sub/marker"
  assert_output gift
  assert_equal "$(ls -A "$dir/untouched")" ""
}

@test "a volume can't be put over the container's own /proc, /sys or /dev" {
  for target in /proc /proc/sys /sys/fs /dev /dev/shm /./proc //sys /x/../proc; do
    run minibox run --rm -v "$dir/attackers:$target" busybox true
    assert_failure
  done
}

@test "a read-only volume is read-only with all that is mounted below it" {
  mkdir -p "$dir/tree/below"
  mount -t tmpfs none "$dir/tree/below"
  chmod 777 "$dir/tree" "$dir/tree/below"
  run minibox run --rm -v "$dir/tree:/tree:ro" busybox sh -c 'for place in /tree /tree/below; do
    touch $place/x && echo WRITTEN; mkdir $place/y && echo WRITTEN; done; mount -o remount,rw /tree && echo WRITTEN; ls -d /tree/below'
  assert_line /tree/below
  refute_output --partial WRITTEN
  run find "$dir/tree" -name x -o -name y
  assert_output ""
  run minibox run --rm -v "$dir/tree:/tree" busybox touch /tree/below/x
  assert_success
  umount "$dir/tree/below"
}

@test "a setuid program in a volume gives nothing inside" {
  mkdir -p "$dir/programs"
  cp "$dir/attackers/privileges" "$dir/programs/setuid"
  chmod 4755 "$dir/programs/setuid"
  run minibox run --rm -u 1000 -v "$dir/programs:/programs" busybox /programs/setuid show
  assert_line --partial "euid 1000 "
  run minibox run --rm -v "$dir/programs:/programs" busybox cat /proc/mounts
  assert_line --regexp ' /programs [^ ]+ rw,nosuid,nodev'
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
