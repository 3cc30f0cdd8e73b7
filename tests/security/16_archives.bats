# Somebody gives a victim an archive to load or import. Whatever it holds, nothing is written outside of the store,
# nothing of a bad one stays, and the daemon goes on answering.

load lib/attack
setup_file() {
  start_attack_host
  mkdir "$dir/outside" "$dir/work"
  echo precious >"$dir/outside/file"
  minibox save busybox "$dir/good.tar"
}
teardown_file() { stop_host; }

store_listing() { (cd "$data" && ls blobs/sha256 extracted && jq -S . index.json); }

# refused COMMAND...: fails, leaves the store as it was, and the daemon answers
refused() {
  local before after
  before=$(store_listing)
  run minibox "$@"
  assert_failure 1
  assert_equal "$(store_listing)" "$before"
  assert_equal "$(ls -A "$data/tmp")" ""
  assert_equal "$(cat "$dir/outside/file")" precious
  assert_equal "$(ls "$dir/outside")" file
  minibox ping
}

# $dir/evil.tar begins as a good archive; append adds what tar makes of its arguments.
start_evil() { head -c -1024 "$dir/good.tar" >"$dir/evil.tar"; }
append() {
  tar --owner 0 --group 0 -cf "$dir/more.tar" "$@"
  cat "$dir/more.tar" >>"$dir/evil.tar"
}

@test "CVE-2014-9356: names and links that lead outside are refused" {
  cd "$dir/work"
  echo evil >file
  start_evil && append -P --transform "s,^,../../../../../../../..$dir/outside/," file
  refused load "$dir/evil.tar"
  assert_output --partial "leads upwards"
  start_evil && append -P --transform "s,^,$dir/outside/," file
  refused load "$dir/evil.tar"
  assert_output --partial "absolute"
  ln -sfn "$dir/outside" link
  start_evil && append link && append --transform 's,^,link/,' file
  refused load "$dir/evil.tar"
  assert_output --partial "leads out of the archive"
  ln -sfn ../../../../../etc/shadow link
  start_evil && append link
  refused load "$dir/evil.tar"
  mkfifo fifo && start_evil && append fifo
  refused load "$dir/evil.tar"
  assert_output --partial "neither file, directory nor link"
  start_evil && append /dev/null --transform 's,.*,blobs/sha256/null,'
  refused load "$dir/evil.tar"
}

@test "CVE-2021-41190, CVE-2014-9357: what is not what its digest says is refused, and so is a second index.json" {
  cd "$dir/work"
  rm -rf layout && mkdir layout && tar -C layout -xf "$dir/good.tar"
  local blob
  blob=$(find layout/blobs -type f -size +100k)
  printf x | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
  tar -C layout -cf "$dir/evil.tar" meta.json oci-layout index.json manifest.json blobs
  refused load "$dir/evil.tar"
  assert_output --partial "it has the content of"
  start_evil && echo '{}' >index.json && append index.json
  refused load "$dir/evil.tar"
  assert_output --partial "has it twice"
}

@test "documents of any size and depth end the load, and so does an archive of zeros" {
  cd "$dir/work"
  rm -rf layout && mkdir layout
  head -c 6M /dev/zero | tr '\0' ' ' >layout/manifest.json
  tar -C layout -cf "$dir/evil.tar" .
  refused load "$dir/evil.tar"
  assert_output --partial "larger than"
  head -c 100000 /dev/zero | tr '\0' '[' >layout/manifest.json
  tar -C layout -cf "$dir/evil.tar" .
  refused load "$dir/evil.tar"
  assert_output --partial "nested too deeply"
  head -c 100M /dev/zero >"$dir/evil.tar"
  refused load "$dir/evil.tar"
}

@test "a root file system writes nothing outside of its layer, through no link of its own" {
  cd "$dir/work"
  rm -rf tree && mkdir -p tree
  ln -s "$dir/outside" tree/link
  tar -C tree -cf "$dir/evil.tar" link
  echo evil >file
  tar -rf "$dir/evil.tar" --transform 's,^,link/,' file
  minibox import "$dir/evil.tar" linked || true
  assert_equal "$(cat "$dir/outside/file")" precious
  tar -P -cf "$dir/evil.tar" --transform "s,^,../../../../../../../..$dir/outside/," file
  refused import "$dir/evil.tar" upwards
}

@test "an export leads nowhere outside either, whatever the container does meanwhile" {
  minibox run -d --name swapping -v "$dir/attackers:/attackers:ro" busybox sh -c \
    "mkdir -p /srv/target && echo mine >/srv/target/file && exec /attackers/swapper /srv target $dir/outside"
  wait_until logs_contain swapping swapping
  for _ in {1..12}; do
    run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' export swapping | tar -xO 2>/dev/null | grep -c precious"
    assert_output 0
  done
  minibox commit --pause=false swapping swapped
  minibox rm -f swapping
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
