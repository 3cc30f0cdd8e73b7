# The indexes of layers: made with images, kept with them, taken along.

load lib/daemon
load lib/registry

setup_file() {
  start_host
  use_registries
  start_registry plain 5000
  start_daemon
  mkdir -p "$dir/app"
  head -c 5000000 /dev/urandom >"$dir/app/noise"
  cat >"$dir/app/MiniBox" <<'END'
BASE busybox
BLOCK one
    COPY noise /noise
BLOCK two
    NEED one
    RUN echo second >/second
START cat /second
END
  minibox build -t app "$dir/app" >/dev/null
}
teardown_file() { stop_host; }

document_of() { cat "$data/blobs/sha256/$(digest_of "$1" | cut -d: -f2)"; }
indexes_of() { document_of "$1" | jq -r '.layers[].annotations["minibox.layer-index"] // empty'; }
text_of() { zstd -dc "$data/blobs/sha256/${1#sha256:}"; }

@test "an image that is built names an index of each layer, its base's too" {
  assert_equal "$(indexes_of app | wc -l)" 3
  local index
  for index in $(indexes_of app); do
    text_of "$index" | head -1 | jq -e '.version == 1'
  done
  # Three members of 2 MiB: each begins a chunk, and gzip reads them as one.
  local layer
  index=$(indexes_of app | sed -n 2p)
  assert_equal "$(text_of "$index" | head -1 | jq .chunks)" 3
  assert_equal "$(text_of "$index" | jq -r 'select(.path == "noise") | .size')" 5000000
  layer=$(document_of app | jq -r '.layers[1].digest')
  gzip -dc "$data/blobs/sha256/${layer#sha256:}" | tar -xO noise | cmp - "$dir/app/noise"
}

@test "an image has the same digest whether its layers were indexed before or not" {
  local before
  before=$(digest_of app)
  rm "$data"/indexes/*
  minibox build -t app "$dir/app"
  assert_equal "$(digest_of app)" "$before"
  # As above, but the layers are made anew and indexed while they are written.
  rm "$data"/indexes/* "$data"/layers/*.json
  minibox build -t app "$dir/app"
  assert_equal "$(digest_of app)" "$before"
}

@test "save and load take the indexes along" {
  local before index
  before=$(digest_of app)
  indexes_of app >"$dir/indexes"
  minibox save -o "$dir/app.tar" app
  for index in $(cat "$dir/indexes"); do
    tar -tf "$dir/app.tar" | grep -qF "blobs/sha256/${index#sha256:}"
  done
  minibox load -t app "$dir/app.tar"
  assert_equal "$(digest_of app)" "$before"
}

@test "layers that come are indexed in the background, and go with their indexes" {
  local layer
  minibox tag app localhost:5000/team/gone:1
  minibox push localhost:5000/team/gone:1
  layer=$(document_of app | jq -r '.layers[1].digest' | cut -d: -f2)
  minibox rmi localhost:5000/team/gone:1 app
  minibox system prune --build-cache
  assert [ ! -e "$data/blobs/sha256/$layer" ]
  assert [ ! -e "$data/indexes/$layer" ]
  minibox pull localhost:5000/team/gone:1
  wait_until test -s "$data/indexes/$layer"
  assert_equal "sha256:$(cat "$data/indexes/$layer")" "$(indexes_of localhost:5000/team/gone:1 | sed -n 2p)"
  minibox tag localhost:5000/team/gone:1 app
}

# What the registry itself would keep: the index blobs are listed by the artifact whose subject is the image.
@test "a push brings the layers' indexes, and the registry keeps them with the image" {
  local type='application/vnd.oci.image.manifest.v1+json' digest tag artifact index
  minibox tag app localhost:5000/team/app:1
  run minibox push localhost:5000/team/app:1
  assert_success
  assert_line --regexp 'index 2/3 \([0-9a-f]{12}\) is mounted from team/gone'
  digest=$(digest_of app)
  tag="sha256-${digest#sha256:}"
  in_host curl -sSf -H 'Accept: application/vnd.oci.image.index.v1+json' "http://localhost:5000/v2/team/app/manifests/$tag" >"$dir/referrers"
  assert_equal "$(jq -r '.manifests[].artifactType' "$dir/referrers")" application/vnd.minibox.layer-index.v1
  artifact=$(jq -r '.manifests[0].digest' "$dir/referrers")
  in_host curl -sSf -H "Accept: $type" "http://localhost:5000/v2/team/app/manifests/$artifact" >"$dir/artifact"
  assert_equal "$(jq -r .subject.digest "$dir/artifact")" "$digest"
  in_host curl -sSf -H "Accept: $type" "http://localhost:5000/v2/team/app/manifests/1" >"$dir/manifest"
  assert_equal "$(jq -r '.layers[].digest' "$dir/artifact")" "$(jq -r '.layers[].annotations["minibox.layer-index"]' "$dir/manifest")"
  assert_equal "$(jq '.layers | length' "$dir/artifact")" 3
  for index in $(jq -r '.layers[].digest' "$dir/artifact"); do
    in_host curl -sSf -o "$dir/index" "http://localhost:5000/v2/team/app/blobs/$index"
    assert_equal "sha256:$(sha256sum <"$dir/index" | cut -d' ' -f1)" "$index"
  done
  # The registry's own clean-up, of what no manifest names.
  in_host docker-registry garbage-collect "$dir/registry-plain.yml" >/dev/null
  for index in $(jq -r '.layers[].digest' "$dir/artifact"); do
    in_host curl -sSf -o /dev/null "http://localhost:5000/v2/team/app/blobs/$index"
  done

  # Once more, beside what somebody else put there.
  jq -c '.manifests += [.manifests[0] | .artifactType = "other/x" | .digest = $m | .size = $s]' --arg m "$digest" --argjson s "$(stat -c %s "$dir/manifest")" \
    "$dir/referrers" | jq -c '.manifests |= .[1:]' >"$dir/others"
  in_host curl -sSf -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary "@$dir/others" "http://localhost:5000/v2/team/app/manifests/$tag"
  minibox tag app localhost:5000/team/app:1
  run minibox push localhost:5000/team/app:1
  assert_success
  assert_line --regexp 'index 1/3 \([0-9a-f]{12}\) is already there'
  refute_output --partial warning
  run in_host curl -sSf -H 'Accept: application/vnd.oci.image.index.v1+json' "http://localhost:5000/v2/team/app/manifests/$tag"
  assert_equal "$(jq -r '.manifests[].artifactType' <<<"$output")" $'other/x\napplication/vnd.minibox.layer-index.v1'
}

# As if another push had written the list of referrers between our reading and writing it.
@test "an entry among the referrers that gets lost is written again" {
  local digest
  digest=$(digest_of app)
  start_proxy 5001 5000
  rule 5001 "none 1 /team/lost/manifests/sha256- status 404" "lost 1 /team/lost/manifests/sha256- status 201"
  minibox tag app localhost:5001/team/lost:1
  run minibox push localhost:5001/team/lost:1
  assert_success
  refute_output --partial warning
  assert_equal "$(requests 5001 | grep -c '^PUT .*/team/lost/manifests/sha256-')" 2
  run in_host curl -sSf -H 'Accept: application/vnd.oci.image.index.v1+json' "http://localhost:5000/v2/team/lost/manifests/sha256-${digest#sha256:}"
  assert_equal "$(jq -r '.manifests[].artifactType' <<<"$output")" application/vnd.minibox.layer-index.v1
}

@test "MINIBOX_INDEX_LAYERS=0 makes images without" {
  stop_daemon_cleanly
  MINIBOX_INDEX_LAYERS=0 start_daemon
  minibox build -t none "$dir/app"
  assert_equal "$(indexes_of none | wc -l)" 0
  stop_daemon_cleanly
  kill_registries
  assert_nothing_left
}
