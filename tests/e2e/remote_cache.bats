# A build cache in a registry, shared by two builders that share nothing else: --cache-to and --cache-from.

load lib/daemon
load lib/registry

# The first daemon is everybody's, the second has a data root, a socket and a bridge of its own. Registries: plain on
# 5000 with the proxy before it on 5001, basic authentication on 5010.
setup_file() {
  start_host
  export MINIBOX_REGISTRIES=$dir/registries.json MINIBOX_AUTH_FILE=$dir/home/auth.json
  registries_json
  echo "$anna" >"$dir/htpasswd"
  start_registry plain 5000
  start_proxy 5001 5000
  start_registry basic 5010 "auth: {htpasswd: {realm: test, path: $dir/htpasswd}}"
  start_daemon
  start_second
}
teardown_file() { stop_host; }

second_environment() {
  export MINIBOX_DATA_ROOT=$dir/data2 MINIBOX_SOCKET=$dir/two.sock MINIBOX_HTTP_ADDR=127.0.0.1:8081
  export MINIBOX_API=http://127.0.0.1:8081 MINIBOX_BRIDGE=${bridge}b MINIBOX_SUBNET=10.49.7.0/24
}
start_second() {
  (
    second_environment
    exec_in_host "$bin/miniboxd" >>"$dir/miniboxd2.log" 2>&1 3>&- &
    echo $! >"$dir/second.pid"
  )
  wait_until two ping || { cat "$dir/miniboxd2.log" >&2; return 1; }
}
two() { (second_environment && minibox "$@"); }

setup() {
  registries_json
  rule 5001
}

# What each builder has is what the registry gave it, or nothing.
forget() {
  local name
  for name in minibox two; do
    "$name" images --json | jq -r '.[].name | select(. != "busybox")' | while read -r image; do "$name" rmi "$image"; done
    "$name" system prune --build-cache
  done >/dev/null
}

# "app": an image of two blocks on a third; "tools", a large one, is only copied from. Each step notes that it ran.
make_context() {
  forget
  rm -rf "$dir/app" && mkdir -p "$dir/app"
  echo "${1:-one}" >"$dir/app/source"
  cat >"$dir/app/MiniBox" <<'END'
BASE busybox
BLOCK tools
    RUN echo step ran; head -c 2000000 /dev/urandom >/tool && ln /tool /hard
BLOCK setup
    RUN echo step ran; echo setup >/setup && chmod 4750 /setup && chown 5:6 /setup
BLOCK work
    NEED setup
    COPY source /source
    COPY FROM=tools /hard /noise
    RUN echo step ran; cat /setup /source >/work
BLOCK last
    NEED work
    RUN echo step ran; rm /setup && cat /work >/last
START cat /last
END
}
manifest_in() { "$1" images --json | jq -r '.[] | select(.name == "app") | .digest'; }
tags_of() { in_host curl -sS "http://localhost:5000/v2/$1/tags/list" | jq -r '.tags // [] | .[]'; }
manifest_json() { in_host curl -sS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://localhost:5000/v2/$1/manifests/$2"; }
put_manifest() {  # REPOSITORY TAG, the manifest on stdin
  in_host curl -sS --fail -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @- "http://localhost:5000/v2/$1/manifests/$2"
}
put_blob() {  # REPOSITORY FILE
  local location digest
  digest=sha256:$(sha256sum <"$2" | cut -d' ' -f1)
  location=$(in_host curl -sS -o "$dir/upload" -D - -X POST "http://localhost:5000/v2/$1/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  in_host curl -sS --fail -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$2" "$location&digest=$digest" >&2
  echo "$digest"
}

@test "what one builder has built another takes: no step runs, the image is the same" {
  make_context
  run minibox build -t app --cache-to localhost:5000/cache/app "$dir/app"
  assert_success
  assert_line "[dag-summary] blocks=4 cached=0 built=4"
  assert_line "[cache] localhost:5000/cache/app has all blocks, 4 of them new"
  assert_equal "$(tags_of cache/app | grep -cE '^mb-[0-9a-f]{64}$')" 4

  run two build --explain -t app --cache-from localhost:5000/cache/app "$dir/app"
  assert_success
  refute_output --partial "step ran"
  assert_line "[cache] localhost:5000/cache/app has 4 of 4 block(s) that are missing here"
  assert_line "[explain] block 'last' is cached: from the remote cache localhost:5000/cache/app"
  assert_line "[dag-summary] blocks=4 cached=4 built=0"
  assert_equal "$(manifest_in two)" "$(manifest_in minibox)"
  run two run --rm app sh -c 'cat /last /source; wc -c </noise; [ ! -e /setup ]'
  assert_output $'setup\none\none\n2000000'

  # Now they are here: the registry is not asked for them again.
  run two build --explain -t app "$dir/app"
  assert_line "[explain] block 'last' is cached: nothing it depends on has changed"
}

@test "a cache that has nothing, or is not needed, says so" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/part --target setup "$dir/app"
  run two build -t app --cache-from localhost:5000/cache/nothing --cache-from localhost:5000/cache/part "$dir/app"
  assert_success
  assert_line "[cache] localhost:5000/cache/nothing has 0 of 4 block(s) that are missing here"
  assert_line "[cache] localhost:5000/cache/part has 1 of 4 block(s) that are missing here"
  run two build -t app --cache-from localhost:5000/cache/nothing "$dir/app"
  assert_line "[cache] localhost:5000/cache/nothing is not asked: no block is missing"
}

@test "a layer from a registry is unpacked once, and its place to come in is empty while the build goes on" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/once "$dir/app"
  sed -i '/^START/i BLOCK waits\n    NEED last\n    RUN while [ ! -e /tmp/go ]; do echo waits; sleep 0.1; done' "$dir/app/MiniBox"
  (second_environment && exec_minibox build -t app --cache-from localhost:5000/cache/once "$dir/app") >"$dir/once.log" 2>&1 3>&- &
  local client=$!
  wait_until grep -q '\[waits\] waits' "$dir/once.log" || fail "$(cat "$dir/once.log")"
  run find "$dir/data2/tmp" -name 'layer.*'
  kill -INT "$client"
  wait_until has_ended "$client"
  assert_output ""
}

@test "what nobody needs stays in the registry" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/lazy "$dir/app"
  local tools
  tools=$(large_blob_of cache/lazy)
  run two build -t app --cache-from localhost:5001/cache/lazy "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=4 built=0"
  run requests 5001
  refute_output --partial "$tools"
  # It comes when a block has to run that copies from it.
  echo two >"$dir/app/source"
  run two build -t app --cache-from localhost:5001/cache/lazy "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=2 built=2"
  run requests 5001
  assert_output --partial "$tools"
  run two run --rm app sh -c 'cat /last; cmp /noise /noise && wc -c </noise'
  assert_output $'setup\ntwo\n2000000'
}
# "work" has a copy of it: of the two large ones the one of the block without a file "source".
large_blob_of() {
  local tag digest
  for tag in $(tags_of "$1"); do
    digest=$(manifest_json "$1" "$tag" | jq -r '.layers[0] | select(.size > 1000000) | .digest')
    [ -n "$digest" ] || continue
    ! in_host curl -sS "http://localhost:5000/v2/$1/blobs/$digest" | tar -tz | grep -q source || continue
    echo "$digest"
  done
}

@test "a changed block is built with those above it, and only that is pushed" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/app "$dir/app"
  echo two >"$dir/app/source"
  run two build -t app --cache-from localhost:5000/cache/app --cache-to localhost:5000/cache/app "$dir/app"
  assert_success
  assert_line "[dag-summary] blocks=4 cached=2 built=2"
  assert_equal "$(grep -c 'step ran$' <<<"$output")" 2
  assert_line "[cache] localhost:5000/cache/app has all blocks, 2 of them new"
  run minibox build -t app --cache-from localhost:5000/cache/app "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=4 built=0"
  refute_output --partial "step ran"
  assert_equal "$(manifest_in minibox)" "$(manifest_in two)"
}

@test "a cache goes from one repository to another, under a tag of its own" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/main "$dir/app"
  run two build -t app --cache-from localhost:5000/cache/none --cache-from localhost:5000/cache/main --cache-to localhost:5000/cache/copy:branch-1 "$dir/app"
  assert_success
  refute_output --partial "step ran"
  assert_line "[cache] localhost:5000/cache/copy:branch-1 has all blocks, 4 of them new"
  assert_equal "$(tags_of cache/copy | grep -cE '^branch-1-[0-9a-f]{64}$')" 4
  forget
  run two build -t app --cache-from localhost:5000/cache/copy:branch-1 "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=4 built=0"
  forget
  run two build -t app --cache-from localhost:5000/cache/copy "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=0 built=4"
}

@test "--no-cache takes nothing from a registry, and puts what it builds there" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/no "$dir/app"
  local before
  before=$(large_blob_of cache/no)
  run two build -t app --no-cache --cache-from localhost:5000/cache/no --cache-to localhost:5000/cache/no "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=0 built=4"
  assert_not_equal "$(large_blob_of cache/no)" "$before"  # random
  forget
  run minibox build -t app --cache-from localhost:5000/cache/no "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=4 built=0"
}

# poison REPOSITORY JQ-FILTER: all its records
poison() {
  local tag
  for tag in $(tags_of "$1"); do
    manifest_json "$1" "$tag" | jq -c "$2" | put_manifest "$1" "$tag"
  done
}

@test "a poisoned record is refused with a warning, and the block is built" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/good "$dir/app"
  local wrong filter other
  wrong=sha256:$(printf '%064d' 7)
  # What is unpacked here already is no proof: busybox's own layer.
  other=$(two inspect busybox | jq -r '.[0].RootFS.Layers[0]')
  echo "no layer at all" >"$dir/noise"
  for filter in \
    ".annotations[\"dev.minibox.cache.diff-id\"] = \"$wrong\"" \
    ".annotations[\"dev.minibox.cache.diff-id\"] = \"$other\"" \
    ".annotations[\"dev.minibox.cache.key\"] = \"$(printf '%064d' 7)\"" \
    'del(.artifactType)' \
    '.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar"' \
    ".layers[0].digest = \"NOISE\" | .layers[0].size = $(stat -c %s "$dir/noise")"; do
    forget
    minibox build -t app --cache-to localhost:5000/cache/bad "$dir/app"
    poison cache/bad "${filter/NOISE/$(put_blob cache/bad "$dir/noise")}"
    run two build -t app --cache-from localhost:5000/cache/bad --cache-to localhost:5000/cache/bad "$dir/app"
    assert_success
    assert_output --regexp "\[cache\] warning: the (record|layer) of block 'setup' in localhost:5000/cache/bad is refused: "
    assert_equal "$(grep -c 'step ran$' <<<"$output")" 4
    run two run --rm app
    assert_output $'setup\none'
    # The export has put good ones in their place.
    forget
    run minibox build -t app --cache-from localhost:5000/cache/bad "$dir/app"
    assert_line "[dag-summary] blocks=4 cached=4 built=0"
  done
}

@test "a layer that was put off and is gone when it is needed after all is built" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/gone "$dir/app"
  # "tools" is only needed when "work" is not to be had; and that, as its record tells, turns out late.
  local tools tag
  tools=$(large_blob_of cache/gone)
  for tag in $(tags_of cache/gone); do
    manifest_json cache/gone "$tag" | jq -c --arg tools "$tools" "if .layers[0].digest == \$tools or .layers[0].size > 1000000
      then .annotations[\"dev.minibox.cache.diff-id\"] = \"sha256:$(printf '%064d' 7)\" else . end" | put_manifest cache/gone "$tag"
  done
  run two build -t app --cache-from localhost:5000/cache/gone "$dir/app"
  assert_success
  assert_output --partial "[cache] warning: the layer of block 'work' in localhost:5000/cache/gone is refused"
  assert_output --partial "[cache] warning: the layer of block 'tools' in localhost:5000/cache/gone is refused"
  assert_output --partial "[cache] building again without what can't be had"
  run two run --rm app
  assert_output $'setup\none'
}

@test "a registry that is not there is a warning for --cache-from, and an error for --cache-to that keeps the image" {
  make_context
  run two build -t app --cache-from localhost:5999/cache/app "$dir/app"
  assert_success
  assert_output --partial "[cache] warning: localhost:5999/cache/app can't be asked: "
  assert_equal "$(grep -c 'warning: localhost:5999' <<<"$output")" 1
  assert_line "[dag-summary] blocks=4 cached=0 built=4"
  run two build -t other --cache-to localhost:5999/cache/app "$dir/app"
  assert_failure 1
  assert_output --partial "Build failed: the image is built, but not its cache: export to 'localhost:5999/cache/app': "
  assert_line "[error] minibox: image 'other' was built, but its cache was not stored"
  refute_output --partial "was not built"
  run two run --rm other
  assert_output $'setup\none'
}

@test "a registry that fails in the middle of it costs only time" {
  make_context
  minibox build -t app --cache-to localhost:5000/cache/fault "$dir/app"
  rule 5001 'f1 99 /blobs/ status 500'
  run two build -t app --cache-from localhost:5001/cache/fault "$dir/app"
  assert_success
  assert_output --partial "is refused: "
  run two run --rm app
  assert_output $'setup\none'
}

@test "credentials are the client's: without them a warning and an error, with them a cache" {
  make_context
  run minibox build -t app --cache-from localhost:5010/cache/app "$dir/app"
  assert_success
  assert_output --partial "[cache] warning: localhost:5010/cache/app can't be asked: "
  assert_output --partial "log in: minibox login localhost:5010"
  run minibox build -t app --cache-to localhost:5010/cache/app "$dir/app"
  assert_failure
  assert_output --partial "log in: minibox login localhost:5010"
  minibox login -u anna --password-stdin localhost:5010 <<<"secret word"
  minibox build -t app --cache-to localhost:5010/cache/app "$dir/app"
  run two build -t app --cache-from localhost:5010/cache/app "$dir/app"
  assert_line "[dag-summary] blocks=4 cached=4 built=0"
  minibox logout localhost:5010
  run grep -rl "secret word" "$data" "$dir/data2" "$dir/miniboxd.log" "$dir/miniboxd2.log"
  assert_output ""
}

@test "what is no repository is refused before anything is built" {
  make_context
  local bad
  for bad in 'localhost:5000/Upper' "localhost:5000/a@sha256:$(printf '%064d' 7)" "localhost:5000/a:$(printf '%064d' 7)"; do
    run minibox build -t app --cache-from "$bad" "$dir/app"
    assert_failure
    refute_output --partial "[build]"
    assert_output --partial "build cache"
  done
}

@test "nothing is left when the daemons have gone" {
  kill -TERM "$(<"$dir/second.pid")"
  wait_until has_ended "$(<"$dir/second.pid")"
  stop_daemon_cleanly
  kill_registries
  assert_nothing_left
}
