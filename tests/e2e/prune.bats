# system prune and df: what nothing needs goes, what anybody needs stays.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

# build NAME: from a MiniBox file on stdin
build() {
  mkdir -p "$dir/$1"
  cat >"$dir/$1/MiniBox"
  minibox build -t "$1" "$dir/$1"
}
row() { minibox system df --json | jq -r --arg type "$1" --arg key "$2" '.[] | select(.type == $type) | .[$key]'; }
# A blob that nobody refers to, as a crash leaves it.
plant_orphan() {
  head -c 100000 /dev/urandom >"$dir/orphan"
  orphan=$data/blobs/sha256/$(sha256sum <"$dir/orphan" | cut -d' ' -f1)
  cp "$dir/orphan" "$orphan"
}

@test "prune prints its table, and removes orphans, leftovers and nothing else" {
  plant_orphan
  mkdir "$data/tmp/old" && head -c 200000 /dev/zero >"$data/tmp/old/file" && touch -d '2 hours ago' "$data/tmp/old"
  mkdir "$data/tmp/new"
  run minibox system prune
  assert_success
  assert_line --index 0 "OK  System Prune Completed:"
  assert_line --index 1 "  - Active FUSE mounts killed: 0"
  assert_line --index 2 "  - Orphaned blobs removed:   1"
  assert_line --index 3 --regexp '^  - Disk space recovered:     2[0-9]{2}\.[0-9]{2} KB$'
  refute_output --partial "Build cache"
  assert [ ! -e "$orphan" ]
  assert [ ! -e "$data/tmp/old" ]
  assert [ -e "$data/tmp/new" ]
  rmdir "$data/tmp/new"
  run minibox run --rm busybox echo still
  assert_output still
}

@test "on a terminal prune says what it begins, before the daemon answers; in a pipe nothing but the result" {
  in_host script -qefc "'$bin/minibox' system prune --build-cache" "$dir/screen" </dev/null >/dev/null
  run sed -n 2p "$dir/screen"
  assert_output --partial "Removing the build cache and what nothing needs, which may take a while..."
  kill -STOP "$daemon"
  exec_in_host script -qefc "'$bin/minibox' system prune" "$dir/screen" </dev/null >/dev/null 2>&1 3>&- &
  local client=$!
  wait_until grep -q "Removing what nothing needs" "$dir/screen"
  kill -CONT "$daemon"
  wait_until has_ended "$client"
  run minibox system prune
  refute_output --partial Removing
}

@test "the build cache goes only when asked for; what an image and a running container need stays" {
  build kept <<<$'BASE busybox\nBLOCK a\n    RUN echo kept >/kept\nSTART cat /kept'
  build gone <<<$'BASE busybox\nBLOCK a\n    RUN head -c 3000000 /dev/urandom >/gone\nSTART sleep 1000'
  minibox run -d --name user gone
  build gone <<<$'BASE busybox\nBLOCK a\n    RUN head -c 2000000 /dev/urandom >/gone\nSTART true'
  minibox rmi gone
  assert_equal "$(row 'Build Cache' total)" 3
  run minibox system prune
  refute_output --partial "Build cache"
  run minibox system prune --build-cache
  assert_line "  - Build cache entries removed: 3"
  assert_line --regexp '^  - Build cache recovered:       [34]\.[0-9]{2} MB$'  # the blob and the unpacked layer of 2 MB
  assert_equal "$(row 'Build Cache' total)" 0
  run minibox run --rm kept
  assert_output kept
  run minibox exec user sh -c 'wc -c </gone'
  assert_output 3000000
  minibox restart -t 0 user
  minibox rm -f user
  run in_host curl -sS -X POST 'http://127.0.0.1:8080/system/prune?build_cache=1'
  assert_output --regexp '^\{"blobs_removed":[2-9],"bytes_freed":[0-9]+,"fuse_mounts_killed":0\}$'
  run minibox run --rm kept
  assert_output kept
}

@test "a build at work keeps what it has found in the cache" {
  build base <<<$'BASE busybox\nBLOCK first\n    RUN echo first >/first\nSTART true'
  minibox rmi base
  mkdir -p "$dir/slow"
  printf 'BASE busybox\nBLOCK first\n    RUN echo first >/first\nBLOCK second\n    NEED first\n    RUN while [ ! -e /tmp/go ]; do cat /first; sleep 0.1; done\nSTART cat /first\n' >"$dir/slow/MiniBox"
  exec_minibox build -t slow "$dir/slow" >"$dir/slow.log" 2>&1 3>&- &
  local client=$!
  wait_until grep -q '\[second\] first' "$dir/slow.log"
  run minibox system prune --build-cache
  assert_output --partial "..  a build, pull, load or start is at work"
  kill -INT "$client"
  wait_until has_ended "$client"
  run grep -c 'no such\|not found' "$dir/slow.log"
  assert_output 0
}

@test "with the build cache go what contexts held, what last builds were made of, and CACHE paths, but for those of a step at work" {
  build remembering <<<$'BASE busybox\nBLOCK a\n    CACHE /kept\n    COPY MiniBox /\n    RUN head -c 400000 /dev/urandom >/kept/file\nSTART true'
  build passing <<<$'BASE busybox\nBLOCK a\n    RUN true\nSTART true'
  wait_until context_is_remembered
  assert_equal "$(ls "$data/explain" | wc -l)/$(ls "$data/caches" | wc -l)" 2/1
  minibox rmi passing
  minibox system prune
  assert_equal "$(ls "$data/explain" | wc -l)" 1  # that of the image that is gone has gone with it
  assert_equal "$(find "$data/caches" -name file -size +300k | wc -l)" 1
  assert_equal "$(ls "$data/contexts" | wc -l)" 1
  run minibox build --explain -t remembering "$dir/remembering"
  assert_line --partial "nothing it depends on has changed"

  mkdir -p "$dir/holding"
  printf 'BASE busybox\nBLOCK a\n    CACHE /held\n    RUN echo held >/held/file; while [ ! -e /held/go ]; do echo waits; sleep 0.1; done\nSTART true\n' >"$dir/holding/MiniBox"
  exec_minibox build -t holding "$dir/holding" >"$dir/holding.log" 2>&1 3>&- &
  local client=$!
  wait_until grep -q waits "$dir/holding.log" || fail "$(cat "$dir/holding.log")"
  assert [ "$(row 'Build Cache' size)" -gt 400000 ]
  run minibox system prune --build-cache
  assert_line --regexp '^  - Build cache recovered:       [0-9.]+ [KM]B$'
  assert_equal "$(ls "$data/contexts" "$data/explain" | grep -cE '^[0-9a-f]{64}')" 0
  run find "$data/caches" -type f
  assert_output --regexp "^$data/caches/[0-9a-f]{64}/file$"
  touch "${output%file}go"
  wait_until has_ended "$client"
  run tail -n 1 "$dir/holding.log"
  assert_output --partial "Build completed successfully"
  minibox rmi holding
  minibox system prune --build-cache
  run ls "$data/caches"
  assert_output ""
}

@test "what a build is just writing stays, and a record that can't be written ends no build" {
  build writing <<<$'BASE busybox\nBLOCK a\n    RUN true\nSTART true'
  local record folder
  record=$(ls "$data/explain" | grep -vF .tmp. | head -n 1)
  record=${record%.json}
  for folder in contexts explain; do
    echo part | tee "$data/$folder/$record.tmp.1.0" >"$data/$folder/$record.tmp.1.1"
    touch -d '2 hours ago' "$data/$folder/$record.tmp.1.1"
  done
  minibox system prune --build-cache
  for folder in contexts explain; do
    assert [ -e "$data/$folder/$record.tmp.1.0" ]
    assert [ ! -e "$data/$folder/$record.tmp.1.1" ]
    rm "$data/$folder/$record.tmp.1.0"
  done
  assert_equal "$(ls "$data/explain")" ""

  mv "$data/explain" "$data/contexts" "$dir"
  run build writing <<<$'BASE busybox\nBLOCK a\n    RUN echo again\nSTART true'
  mv "$dir/explain" "$dir/contexts" "$data"
  assert_success
  assert_line --partial "[build] warning: what this build was made of can't be kept: "
  minibox rmi writing
}

# A file that was just written is not remembered yet.
context_is_remembered() {
  minibox build -t remembering "$dir/remembering"
  [ -n "$(ls "$data/contexts")" ]
}

@test "df counts what there is and what is in use" {
  local image
  minibox rmi kept 2>/dev/null || true
  minibox run --rm -v stuff:/data busybox sh -c 'head -c 500000 /dev/zero >/data/f'
  minibox run -d --name runner -v other:/data busybox sleep 1000
  minibox run --name ended busybox sh -c 'head -c 700000 /dev/zero >/f'
  assert_equal "$(row Images active)" 1
  assert_equal "$(row Containers total)/$(row Containers active)" 2/1
  assert [ "$(row Containers reclaimable)" -ge 700000 ]
  assert [ "$(row Containers size)" -gt "$(row Containers reclaimable)" ]
  assert_equal "$(row 'Local Volumes' total)/$(row 'Local Volumes' active)" 2/1
  assert [ "$(row 'Local Volumes' reclaimable)" -ge 500000 ]
  run minibox system df
  assert_line --index 0 --regexp '^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE$'
  assert_line --regexp '^Local Volumes +2 +1 +[0-9.]+ KB +[0-9.]+ KB \([0-9]+%\)$'
  run minibox system
  assert_failure 2
  run minibox system clean
  assert_failure 2
  assert_output --partial "df and prune are known"
  minibox rm -f runner ended
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
