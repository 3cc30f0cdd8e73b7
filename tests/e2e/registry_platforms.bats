# Images for other machines: which one of an index is pulled, and what --platform means for an image without one.

load lib/daemon
load lib/registry

type=application/vnd.oci.image.manifest.v1+json
index_type=application/vnd.oci.image.index.v1+json

# team/app: "1" and "other" are images for this machine, the index "many" says that "other" is for arm64.
setup_file() {
  start_host
  use_registries
  start_registry plain 5000
  start_daemon
  publish 1 'cat /file'
  publish other 'true'
  put_index
}
teardown_file() { stop_host; }

publish() {
  mkdir -p "$dir/app"
  printf 'BASE busybox\nBLOCK one\n    RUN echo %s >/file\nSTART %s\n' "$1" "$2" >"$dir/app/MiniBox"
  minibox build -t "localhost:5000/team/app:$1" "$dir/app" >/dev/null
  minibox push "localhost:5000/team/app:$1" >/dev/null
  digest_of "localhost:5000/team/app:$1" >"$dir/digest-$1"
  minibox rmi "localhost:5000/team/app:$1" >/dev/null
}
# index_entry TAG PLATFORM_JSON
index_entry() {
  local size
  size=$(manifest_json team/app "$1" | wc -c)
  echo "{\"mediaType\": \"$type\", \"digest\": \"$(<"$dir/digest-$1")\", \"size\": $size, \"platform\": $2}"
}
put_index() {
  echo "{\"schemaVersion\": 2, \"mediaType\": \"$index_type\", \"manifests\": [" >"$dir/index"
  { index_entry other '{"architecture": "arm64", "os": "linux", "variant": "v8"}' && echo , &&
    index_entry 1 '{"architecture": "amd64", "os": "linux"}' && echo ']}'; } >>"$dir/index"
  in_host curl -sSf -X PUT -H "Content-Type: $index_type" --data-binary "@$dir/index" http://localhost:5000/v2/team/app/manifests/many
}

@test "an image for several machines: the one for this machine, or that was asked for" {
  run minibox pull localhost:5000/team/app:many
  assert_success
  assert_line "[pull] localhost:5000/team/app:many is a manifest list, resolving amd64/linux..."
  assert_equal "$(digest_of localhost:5000/team/app:many)" "$(<"$dir/digest-1")"
  run minibox run --rm "localhost:5000/team/app@sha256:$(sha256sum "$dir/index" | cut -d' ' -f1)"
  assert_output 1
  run minibox pull --platform linux/arm64 localhost:5000/team/app:many
  assert_success
  assert_equal "$(digest_of localhost:5000/team/app:many)" "$(<"$dir/digest-other")"
  run minibox pull --platform riscv64 localhost:5000/team/app:many
  assert_failure 1
  assert_output --partial "the image is not made for linux/riscv64"
  assert_output --partial "linux/arm64/v8, linux/amd64"
  minibox rmi localhost:5000/team/app:many
}

@test "an image for one machine only: another platform that is asked for is an error, and nothing gets the name" {
  run minibox pull --platform linux/arm64 localhost:5000/team/app:1
  assert_failure 1
  assert_output --partial "the image is made for 'linux/amd64', not for linux/arm64"
  assert_line "[pull] hint: pull it without --platform, or another name or tag of it that is made for linux/arm64"
  assert_equal "$(digest_of localhost:5000/team/app:1)" ""
  minibox pull --platform linux/amd64 localhost:5000/team/app:1
}

@test "run --lazy of an image for several machines fetches it once" {
  minibox rmi localhost:5000/team/app:1
  minibox system prune --build-cache
  local name=localhost:5000/team/app:many
  run minibox run --rm --lazy "$name"
  assert_output 1
  wait_until has_come "$name"
  # What was asked for at the start is in the log by now, each of it before the container ran.
  assert_equal "$(grep -c "'$name' runs before it is here" "$dir/miniboxd.log")" 1
  assert_equal "$(digest_of "$name")" "$(<"$dir/digest-1")"
  minibox rmi "$name"
}
has_come() { grep -q "'$1' .*is here as a whole now" "$dir/miniboxd.log"; }

@test "nothing is left when the daemon has gone" {
  kill_registries
  stop_daemon_cleanly
  assert_nothing_left
}
