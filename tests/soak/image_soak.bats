# A store whose daemon dies at any moment: while images are built, loaded, saved, imported, committed, named, removed and
# pruned. Afterwards every name stands for a whole image, every blob is what its name says, and nothing half-made is left.
# MINIBOX_SOAK=full runs the long form (make soak).

load ../e2e/lib/daemon

setup_file() {
  start_host
  if [ "${MINIBOX_SOAK:-short}" = full ]; then
    export deaths=100
  else
    export deaths=10
  fi
  start_daemon
  make_context
  minibox build -t kept "$dir/kept"
  minibox save -o "$dir/kept.tar" kept
  mkdir "$dir/root" && echo imported >"$dir/root/file" && tar -C "$dir/root" -cf "$dir/root.tar" .
}
teardown_file() { stop_host; }

make_context() {
  mkdir -p "$dir/kept/many"
  local i
  for i in {1..300}; do echo "file $i" >"$dir/kept/many/$i"; done
  head -c 3000000 /dev/urandom >"$dir/kept/large"
  cat >"$dir/kept/MiniBox" <<'FILE'
BASE busybox
BLOCK many
    COPY many /many
BLOCK large
    COPY large /large
BLOCK both
    NEED many
    NEED large
    RUN cat /many/300 /large | wc -c >/size
START cat /size
FILE
  cp -r "$dir/kept" "$dir/again"
}

# image_load N: what is done to the store, over and over, whatever comes of it, until it has been enough.
image_load() {
  local i
  for ((i = 0;; i++)); do
    [ ! -e "$dir/enough" ] || return 0
    echo "change $1 $i" >"$dir/again/many/$1"
    "$bin/minibox" build -t "built$1" "$dir/again"
    "$bin/minibox" load -i "$dir/kept.tar"
    "$bin/minibox" save -o "$dir/saved.$1" "built$1" kept
    "$bin/minibox" import "$dir/root.tar" "imported$1"
    "$bin/minibox" run --name "c$1" "built$1" sh -c "echo $i >/new"
    "$bin/minibox" commit "c$1" "committed$1"
    "$bin/minibox" rm -f "c$1"
    "$bin/minibox" tag "committed$1" "tagged$1:$((i % 3))"
    "$bin/minibox" rmi "imported$1"
    "$bin/minibox" system prune --build-cache
    touch "$dir/once.$1"
  done >/dev/null 2>&1
}
export -f image_load

damaged_blobs() {
  local blob
  for blob in "$data"/blobs/sha256/*; do
    [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || echo "$blob"
  done
}

# What all promise after a start, whatever was cut off before.
assert_store_is_whole() {
  local name
  assert_equal "$(damaged_blobs)" ""
  for name in $(minibox images | awk 'NR > 1 { print $1 ":" $2 }'); do
    minibox save "$name" | tar -t >/dev/null || fail "$name can't be saved"
    run minibox run --rm "$name" /bin/true
    # The imported one has no program at all.
    [[ $name == imported* ]] || assert_success
  done
  run minibox run --rm kept
  assert_success
}

@test "a daemon killed at random moments of work on images leaves a whole store" {
  local i jobs=()
  for i in 1 2; do
    exec_in_host env bin="$bin" dir="$dir" bash -c "image_load $i" 3>&- &
    jobs+=($!)
  done
  for i in 1 2; do deadline_seconds=60 wait_until test -e "$dir/once.$i"; done
  for ((i = 0; i < deaths; i++)); do
    # The moment is chance, and moments are what this is about: nothing is waited for.
    read -rt "0.$((RANDOM % 90 + 10))" <> <(:) || true
    kill_daemon
    assert_equal "$(damaged_blobs)" ""
    start_daemon
  done
  touch "$dir/enough"
  for i in "${jobs[@]}"; do wait "$i"; done
  assert_store_is_whole
}

@test "when all names have gone a prune leaves nothing of them" {
  local id name
  for id in $(container_ids); do minibox rm -f "$id" >/dev/null; done
  for name in $(minibox images | awk 'NR > 1 { print $1 ":" $2 }'); do minibox rmi "$name"; done
  minibox system prune --build-cache
  run minibox images
  refute_line --partial kept
  assert_equal "$(find "$data/blobs/sha256" -type f | wc -l)" 0
  assert_equal "$(find "$data/extracted" -mindepth 1 -maxdepth 1 -not -name mount-points | wc -l)" 0
  assert_equal "$(find "$data/tmp" -mindepth 1 -maxdepth 1 -mmin +60 | wc -l)" 0
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
