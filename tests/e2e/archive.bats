# Images as archives: save, load, import, export, commit; there and back through skopeo and umoci.

load lib/daemon
load lib/trees

setup_file() {
  start_host
  start_daemon
  make_odd_image
}
teardown_file() { stop_host; }

manifest_digest() { minibox images --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .digest'; }

@test "import keeps everything that the tar of a root file system says" {
  minibox run --name first first
  minibox export -o "$dir/first.tar" first
  expand first
  assert_same_trees "$dir/first/odd" "$dir/tree/odd"
  minibox rm first
}

@test "what a layer hides stays hidden in an export" {
  assert [ ! -e "$dir/reference/odd/hidden" ]
  assert [ ! -e "$dir/reference/odd/empty" ]
  assert_equal "$(ls "$dir/reference/odd/opaque")" new
  assert_equal "$(cat "$dir/reference/odd/replaced")" file
  run find "$dir/reference" -name '.wh.*'
  assert_output ""
}

@test "an archive is all three forms at once, meta.json first" {
  run tar tf "$dir/odd.tar"
  assert_line --index 0 meta.json
  assert_line oci-layout
  assert_line index.json
  assert_line manifest.json
  run bash -c "tar xOf '$dir/odd.tar' meta.json | jq -r .image"
  assert_output odd:2
  assert_equal "$(tar xOf "$dir/odd.tar" meta.json | jq -r .manifest_digest)" "$(manifest_digest odd:2 | cut -d: -f2)"
  assert_equal "$(stat -c %a "$dir/odd.tar")" 600
}

@test "save and load say what they did; stdin and stdout do as well, compressed too" {
  local before
  before=$(manifest_digest odd:2)
  run minibox save odd:2 "$dir/again.tar"
  assert_output "Saved image odd:2 to $dir/again.tar"
  cmp "$dir/odd.tar" "$dir/again.tar"
  minibox save odd:2 | cmp - "$dir/odd.tar"
  minibox tag odd:2 x 2>/dev/null || true
  minibox rm reference
  minibox rmi odd:2
  run minibox load "$dir/odd.tar"
  assert_output "Loaded image odd:2 from $dir/odd.tar"
  assert_equal "$(manifest_digest odd:2)" "$before"
  minibox rmi odd:2
  run bash -c "gzip -1 <'$dir/odd.tar' | nsenter --net=/run/netns/$host '$bin/minibox' load"
  assert_output "Loaded image odd:2"
  assert_equal "$(manifest_digest odd:2)" "$before"
  assert_is_odd odd:2
}

@test "several images make one archive" {
  minibox save -o "$dir/both.tar" odd:2 busybox
  minibox rmi odd:2
  run minibox load -i "$dir/both.tar"
  assert_line --partial "Loaded image odd:2"
  assert_line --partial "Loaded image busybox"
  assert_is_odd odd:2
}

@test "skopeo and umoci unpack the same tree from it" {
  local form
  skopeo --insecure-policy copy -q "oci-archive:$dir/odd.tar" "oci:$dir/layout:odd"
  umoci unpack --image "$dir/layout:odd" "$dir/bundle"
  # umoci keeps times to the nanosecond in its own way, tars do not
  assert_same_trees "$dir/bundle/rootfs/odd" "$dir/reference/odd"
  skopeo --insecure-policy copy -q "docker-archive:$dir/odd.tar" "oci:$dir/layout2:odd"
  umoci unpack --image "$dir/layout2:odd" "$dir/bundle2"
  assert_same_trees "$dir/bundle2/rootfs/odd" "$dir/reference/odd"
}

@test "archives of skopeo, in each of its forms, and tarred layouts of umoci are loaded" {
  skopeo --insecure-policy copy -q "oci-archive:$dir/odd.tar" "docker-archive:$dir/skopeo-docker.tar:skopeo/odd:d"
  skopeo --insecure-policy copy -q "oci-archive:$dir/odd.tar" "oci-archive:$dir/skopeo-oci.tar:skopeo/odd:o"
  skopeo --insecure-policy copy -q --dest-compress-format zstd --dest-compress "oci-archive:$dir/odd.tar" "oci:$dir/zstd:odd"
  tar -C "$dir/zstd" -cf "$dir/zstd.tar" .
  run minibox load "$dir/skopeo-docker.tar"
  assert_output --partial "skopeo/odd:d"
  run minibox load "$dir/skopeo-oci.tar"
  assert_output --partial "skopeo/odd:o"
  minibox load -t skopeo/odd:z "$dir/zstd.tar"
  assert_is_odd skopeo/odd:d
  assert_is_odd skopeo/odd:o
  assert_is_odd skopeo/odd:z
}

@test "an image that umoci made of the tree is loaded" {
  umoci init --layout "$dir/umoci"
  umoci new --image "$dir/umoci:made"
  umoci unpack --image "$dir/umoci:made" "$dir/umoci-bundle"
  cp -a "$dir/reference/." "$dir/umoci-bundle/rootfs/"
  umoci repack --image "$dir/umoci:made" "$dir/umoci-bundle"
  umoci config --image "$dir/umoci:made" --config.cmd /bin/busybox --config.cmd echo --config.cmd odd
  tar -C "$dir/umoci" -cf "$dir/umoci.tar" .
  minibox load -t umoci:made "$dir/umoci.tar"
  assert_is_odd umoci:made
}

@test "commit makes an image of what a container has changed, running or not" {
  minibox run -d --name worker -e KEPT=yes -w /tmp busybox sh -c 'echo one >/one; rm /bin/vi; rm -r /etc; mkdir /etc; echo ready; exec sleep 1000'
  wait_until logs_contain worker ready
  run minibox commit -m "a note" -a somebody -c 'CMD cat /one' worker committed:1
  assert_success
  assert_output --regexp '^sha256:[0-9a-f]{64}$'
  assert_equal "$(minibox ps -a --json | jq -r '.[] | select(.name == "worker") | .status')" running
  run minibox run --rm committed:1
  assert_output one
  run minibox run --rm committed:1 sh -c 'echo "$KEPT $(pwd)"; ls /bin/vi; ls /etc/passwd'
  assert_line "yes /tmp"
  assert_line --partial "/bin/vi: No such file"
  assert_line --partial "/etc/passwd: No such file"
  minibox save committed:1 | tar -xO manifest.json >/dev/null
  minibox exec worker sh -c 'echo two >/two'
  minibox commit --pause=false worker committed:2
  minibox kill worker
  run minibox run --rm committed:2 cat /two
  assert_output two
  minibox commit worker committed:3
  run minibox run --rm committed:3 cat /two
  assert_output two
  minibox rm worker
}

@test "an export of a running container holds its own files alone" {
  mkdir -p "$dir/volume" && echo secret >"$dir/volume/file"
  minibox run -d --name exported -v "$dir/volume:/volume" busybox sh -c 'echo mine >/mine; chown 12:34 /mine; mkfifo /pipe; ln /mine /hard; echo ready; exec sleep 1000'
  wait_until logs_contain exported ready
  minibox export exported >"$dir/exported.tar"
  run tar --numeric-owner -tvf "$dir/exported.tar"
  assert_line --regexp 'rw-r--r-- 12/34 .* (\./)?hard'
  assert_line --regexp '^hrw-r--r-- .* mine link to'
  assert_line --regexp '^prw'
  refute_output --regexp ' (proc|sys|dev|volume)/[a-z0-9]'
  assert_line --regexp '^d.* volume/$'
  minibox rm -f exported
  minibox import "$dir/exported.tar" imported
  run minibox run --rm imported /bin/sh -c 'cat /mine'
  assert_output mine
}

@test "mistakes are told, and nothing is left of them" {
  cd "$dir"
  run minibox save missing "$dir/none.tar"
  assert_failure 1
  assert_output --partial "image not found: 'missing'"
  assert [ ! -e "$dir/none.tar" ]
  run ls -A "$dir"
  refute_output --partial .part-
  run minibox load "$dir/nowhere.tar"
  assert_failure 1
  assert_output --partial "No such file or directory"
  run minibox load "$dir/tree.tar"
  assert_failure 1
  assert_output --partial "minibox import FILE NAME"
  run minibox import "$dir/odd.tar" wrong
  assert_failure 1
  assert_output --partial "holds an image"
  run minibox import -c 'RUN true' "$dir/tree.tar" wrong
  assert_failure 1
  assert_output --partial "known are CMD"
  run minibox save busybox odd:2 third
  assert_failure 2
  assert_output --partial "several images need -o FILE"
  run in_host curl -sS "http://127.0.0.1:8080/images/save?image=busybox&path=/tmp/x"
  assert_output --partial "no file of its clients"
  run in_host curl -sS -o "$dir/curl.tar" "http://127.0.0.1:8080/images/save?image=busybox"
  assert_success
  tar tf "$dir/curl.tar" >/dev/null
  run minibox images
  refute_output --partial wrong
}

@test "what is refused is not read to its end" {
  local command
  for command in "load" "cp - busy:/no/such"; do
    minibox run --name busy busybox true
    # Without an end: only the answer ends it.
    run in_host timeout 60 "$bin/minibox" $command < <(printf 'no archive at all'; exec cat /dev/zero)
    assert_failure 1
    minibox rm busy
  done
}

@test "a load that is cut off leaves nothing" {
  local blobs
  blobs=$(ls "$data/blobs/sha256")
  head -c 900000 "$dir/tree.tar" >"$dir/cut.tar"
  run minibox import "$dir/cut.tar" cut
  assert_failure 1
  head -c 700000 "$dir/odd.tar" >"$dir/cut.tar"
  run minibox load "$dir/cut.tar"
  assert_failure 1
  mkfifo "$dir/slow"
  exec_minibox load -i "$dir/slow" 3>&- &
  local client=$!
  exec 9>"$dir/slow"
  head -c 700000 "$dir/odd.tar" >&9
  wait_until tmp_is_used
  kill -KILL "$client"
  exec 9>&-
  wait_until tmp_is_empty
  assert_equal "$(ls "$data/blobs/sha256")" "$blobs"
}
tmp_is_used() { [ -n "$(ls -A "$data/tmp")" ]; }
tmp_is_empty() { [ -z "$(ls -A "$data/tmp")" ]; }

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
