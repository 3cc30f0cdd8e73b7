# pull, push, tag, login and logout against real registries, well and unwell.

load lib/daemon
load lib/registry

# Registries: plain on 5000, with the proxy before it on 5001; another one behind a proxy on 5003 that sees where
# redirects lead; basic authentication on 5010; tokens on 5011, with the token server (the proxy) on 5012; TLS on 5443.
setup_file() {
  start_host
  use_registries
  make_certificate tls 'DNS:localhost,IP:127.0.0.1'
  make_certificate token 'DNS:token'
  start_registry plain 5000
  start_proxy 5001 5000
  start_proxy 5003 5000
  start_registry second 5020
  start_basic_registry
  make_token '{"type":"repository","name":"team/app","actions":["pull","push"]},{"type":"repository","name":"team/copy","actions":["pull","push"]}' >"$dir/token.json"
  start_proxy 5012 5011 "$dir/token.json" 'anna:secret word'
  start_registry token 5011 "auth: {token: {realm: http://localhost:5012/token, service: service, issuer: issuer, rootcertbundle: $dir/ca.crt}}"
  start_registry tls 5443 "  tls: {certificate: $dir/tls.crt, key: $dir/tls.key}"
  start_daemon
  make_images
}
teardown_file() { stop_host; }

# "app": two layers above busybox, odd files among them; "big": one large layer that does not compress.
make_images() {
  mkdir -p "$dir/app" "$dir/big"
  cat >"$dir/app/MiniBox" <<'END'
BASE busybox
BLOCK one
    RUN mkdir /odd && cd /odd && echo text >plain && ln plain hard && ln -s plain soft && chmod 4750 plain && chown 5:6 plain && mkfifo pipe
BLOCK two
    NEED one
    RUN rm /odd/hard && echo second >/odd/second
START cat /odd/second
END
  head -c 3000000 /dev/urandom >"$dir/big/noise"
  printf 'BASE scratch\nBLOCK one\n    COPY noise /noise\nSTART /none\n' >"$dir/big/MiniBox"
  minibox build -t app "$dir/app" >/dev/null
  minibox build -t big "$dir/big" >/dev/null
  minibox tag big localhost:5000/team/big:1 && minibox push localhost:5000/team/big:1 >/dev/null
  minibox tag app localhost:5000/team/app:1 && minibox push localhost:5000/team/app:1 >/dev/null
  rm -f "$data"/layers/*.json  # or the build cache would keep what nobody names
  minibox rmi localhost:5000/team/big:1 localhost:5000/team/app:1 big >/dev/null
}

setup() {
  registries_json
  rule 5001
  rule 5003
}

# Without a name their layers go too: the next pull fetches them.
forget_named() {
  local name
  for name in $(minibox images --json | jq -r --arg part "$1" '.[].name | select(contains($part))'); do minibox rmi "$name" >/dev/null; done
}
forget_big() { forget_named big; }
forget_app() { forget_named team/app; }
blob_of() { manifest_json "$1" 1 | jq -r ".layers[${2:-0}].digest"; }
# What differs from container to container is left out.
tree_of() {
  minibox run --rm "$1" sh -c 'cd / && find bin etc odd ! -name hosts ! -name hostname ! -name resolv.conf | sort | while read -r f; do
    stat -c "%n %F %a %u %g %s" "$f"
    if [ -f "$f" ] && [ ! -L "$f" ]; then cksum "$f"; fi
  done; readlink odd/soft'
}

@test "what was pushed comes back the same" {
  local digest tree
  digest=$(digest_of app)
  tree=$(tree_of app)
  minibox rmi app
  run minibox pull localhost:5000/team/app:1
  assert_success
  assert_line --index 0 "[pull] fetching localhost:5000/team/app:1 manifest..."
  assert_line --index 1 "[pull] manifest: ${digest:7:12}"
  assert_line --regexp '^\[pull\] pulling config [0-9a-f]{12}\.\.\.$'
  assert_line --regexp '^\[pull\] pulling layer 3/3 \([0-9a-f]{12}\)\.\.\.$'
  assert_line "[pull] registering localhost:5000/team/app:1 in index.json..."
  assert_line "[pull] successfully pulled localhost:5000/team/app:1"
  assert_equal "${lines[-1]}" "[pull] Done"
  assert_equal "$(digest_of localhost:5000/team/app:1)" "$digest"
  assert_equal "$(tree_of localhost:5000/team/app:1)" "$tree"
  minibox tag localhost:5000/team/app:1 app
}

@test "skopeo reads what we pushed, we read what skopeo pushed: Docker's types, zstd, uncompressed" {
  local tree plain="--src-tls-verify=false --dest-tls-verify=false" from=docker://localhost:5000/team/app:1 to=docker://localhost:5000/skopeo/app
  tree=$(tree_of app)
  in_host skopeo copy -q --src-tls-verify=false $from "oci:$dir/layout:app"
  assert_equal "$(jq -r '.manifests[0].digest' "$dir/layout/index.json")" "$(digest_of app)"
  in_host skopeo copy -q $plain --format v2s2 $from $to:docker
  in_host skopeo copy -q --src-tls-verify=false --dest-decompress $from "dir:$dir/decompressed"
  # To a registry of its own: of one that it knows, skopeo would take what is there already.
  in_host skopeo copy -q --dest-tls-verify=false --dest-compress-format zstd "dir:$dir/decompressed" docker://localhost:5020/skopeo/app:zstd
  in_host skopeo copy -q --dest-tls-verify=false --preserve-digests "dir:$dir/decompressed" $to:tar
  media_types_are 5000/skopeo/app:docker docker.image.rootfs.diff.tar.gzip
  media_types_are 5020/skopeo/app:zstd layer.v1.tar+zstd
  media_types_are 5000/skopeo/app:tar layer.v1.tar
  forget_app
  minibox rmi app
  local name
  for name in 5000/skopeo/app:docker 5020/skopeo/app:zstd 5000/skopeo/app:tar; do
    run minibox pull localhost:$name
    assert_success
    assert_equal "$(tree_of localhost:$name)" "$tree"
    [ $name = 5000/skopeo/app:docker ] || minibox rmi localhost:$name
  done

  # What is built on an image of Docker's types is an OCI image through and through.
  mkdir -p "$dir/ondocker"
  printf 'BASE localhost:5000/skopeo/app:docker\nBLOCK one\n    RUN echo more >/more\nSTART cat /more\n' >"$dir/ondocker/MiniBox"
  minibox build -t localhost:5000/team/ondocker:1 "$dir/ondocker"
  minibox push localhost:5000/team/ondocker:1
  run in_host skopeo inspect --tls-verify=false docker://localhost:5000/team/ondocker:1
  assert_success
  run in_host skopeo inspect --raw --tls-verify=false docker://localhost:5000/team/ondocker:1
  refute_output --partial docker
  minibox rmi localhost:5000/team/ondocker:1 localhost:5000/skopeo/app:docker
  rm -f "$data"/layers/*.json
  minibox pull localhost:5000/team/app:1 && minibox tag localhost:5000/team/app:1 app
}
media_types_are() {
  run in_host skopeo inspect --raw --tls-verify=false "docker://localhost:$1"
  assert_equal "$(jq -r '.layers[].mediaType' <<<"$output" | sort -u | sed 's/.*vnd\.\(oci\.image\.\)\?//')" "$2"
}

@test "layers that are here are not fetched again" {
  run minibox pull localhost:5001/team/app:1
  assert_success
  assert_line --regexp 'layer 1/3 \([0-9a-f]{12}\) is already here'
  run requests 5001
  refute_output --partial /blobs/
  minibox rmi localhost:5001/team/app:1
}

@test "an image pulled by its digest is named by it and found by it" {
  local digest
  digest=$(digest_of app)
  run minibox pull "localhost:5000/team/app@$digest"
  assert_success
  run minibox run --rm "localhost:5000/team/app@$digest"
  assert_output second
  run minibox images
  assert_line --regexp 'localhost:5000/team/app +<none>'
  minibox rmi "localhost:5000/team/app@$digest"
  run minibox pull "localhost:5000/team/app@sha256:$(printf '0%.0s' {1..64})"
  assert_failure
  assert_output --partial "not found (404): 'manifest unknown'"
}

@test "pushing again sends nothing; another repository of the registry gets its layers mounted" {
  run minibox push localhost:5000/team/app:1
  assert_success
  assert_line --regexp 'layer 1/3 \([0-9a-f]{12}\) is already there'
  minibox tag localhost:5000/team/app:1 localhost:5000/other/app:2
  run minibox push localhost:5000/other/app:2
  assert_success
  assert_line --regexp 'layer 3/3 \([0-9a-f]{12}\) is mounted from team/app'
  assert_equal "${lines[-1]}" "[push] Done"
  minibox rmi localhost:5000/other/app:2
  run minibox pull localhost:5000/other/app:2
  assert_success
  minibox rmi localhost:5000/other/app:2
}

@test "an image that is not here can't be pushed, nor one named by a digest" {
  run minibox push localhost:5000/team/nothing:1
  assert_failure 1
  assert_output --partial "image not found: 'localhost:5000/team/nothing:1'"
  assert_output --partial "minibox tag"
  run minibox push "localhost:5000/team/app@$(digest_of app)"
  assert_failure 1
  assert_output --partial "a tag is needed"
}

@test "a truncated layer is continued where it broke" {
  rule 5001 "cut 1 GET_NEVER status 500" "t1 1 /blobs/$(blob_of team/big) truncate 1000000"
  run minibox pull localhost:5001/team/big:1
  assert_success
  assert_line --regexp '^\[pull\] blob [0-9a-f]{12} download failed \(.*cut short.*\), retrying in 10ms \(attempt 2/3\)\.\.\.$'
  run requests 5001
  assert_output --partial "range=bytes=1000000-"
  forget_big
}

@test "a layer that stalls is given up and continued" {
  timeout_ms=1000 registries_json
  rule 5001 "s1 1 /blobs/$(blob_of team/big) stall 500000"
  run minibox pull localhost:5001/team/big:1
  assert_success
  assert_line --regexp 'no answer within 1000 ms\), retrying in 10ms \(attempt 2/3\)'
  run requests 5001
  assert_output --partial "range=bytes=500000-"
  forget_big
}

@test "wrong content is fetched anew, and refused when it stays wrong" {
  local blob
  blob=$(blob_of team/big)
  rule 5001 "c1 1 /blobs/$blob corrupt"
  run minibox pull localhost:5001/team/big:1
  assert_success
  assert_output --partial "has the content of sha256:"
  forget_big
  rule 5001 "c2 9 /blobs/$blob corrupt"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  assert_output --partial "(attempt 3/3)"
  assert_line --partial "[error] pull failed: "
  assert [ ! -e "$data/blobs/sha256/${blob#sha256:}" ]
  run minibox images
  refute_output --partial big
  run ls -A "$data/tmp"
  refute_output --partial blob-
}

@test "a registry that is busy or has a fault is asked again" {
  rule 5001 "b1 1 /manifests/ status 429 Retry-After: 0" "b2 1 /blobs/ status 503" "b3 1 /blobs/ status 500"
  run minibox pull localhost:5001/team/big:1
  assert_success
  assert_line --partial "manifest request failed (too many requests (429)), retrying in 0ms (attempt 2/3)"
  assert_output --partial "the registry has a fault (503)"
  forget_big
  rule 5001 "b4 1 /manifests/ status 429 Retry-After: 9999"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  assert_output --partial "too many requests (429)"
  rule 5001 "b5 9 /manifests/ status 500"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  run requests 5001
  assert_equal "${#lines[@]}" 3

  minibox tag app localhost:5001/team/busy:1
  rule 5001 "b6 1 HEAD status 503" "b7 1 POST status 500" "b8 1 PUT status 429"
  run minibox push localhost:5001/team/busy:1
  assert_success
  assert_equal "$(grep -c "retrying" <<<"$output")" 3
  minibox rmi localhost:5001/team/busy:1
}

@test "lies about a layer's length do no harm" {
  local blob
  blob=$(blob_of team/big)
  rule 5001 "l1 1 /blobs/$blob length 100"
  run minibox pull localhost:5001/team/big:1
  assert_success
  assert_output --partial "the registry sent 100 of"
  forget_big
  rule 5001 "l2 1 /blobs/$blob length 99999999999"
  run minibox pull localhost:5001/team/big:1
  assert_success
  forget_big
}

@test "documents that are too large, of another time or no images are refused" {
  local type=application/vnd.oci.image.manifest.v1+json
  head -c 5000000 /dev/zero >"$dir/large"
  rule 5001 "d1 1 /manifests/ body $dir/large $type"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  assert_output --partial "larger than 4194304 bytes"
  echo '{"schemaVersion": 1}' >"$dir/schema1"
  rule 5001 "d2 1 /manifests/ body $dir/schema1 application/vnd.docker.distribution.manifest.v1+prettyjws"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  assert_output --partial "(schema 1), which is not supported"
  echo '<html>' >"$dir/page"
  rule 5001 "d3 1 /manifests/ body $dir/page text/html"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  assert_output --partial "not valid JSON"
  manifest_json team/big 1 |
    sed 's/layer.v1.tar+gzip/layer.nondistributable.v1.tar+gzip/' >"$dir/foreign"
  rule 5001 "d4 1 /manifests/ body $dir/foreign $type"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  assert_output --partial "may not be distributed"
  manifest_json team/big 1 | jq -c '.layers[0].size = 99999999999999' >"$dir/huge"
  rule 5001 "d5 1 /manifests/ body $dir/huge $type"
  run minibox pull localhost:5001/team/big:1
  assert_failure 1
  assert_output --partial "bytes, more than"
}

@test "a manifest that is not what its digest or its header says is refused" {
  local digest
  digest=$(digest_of app)
  echo '{"schemaVersion": 2}' >"$dir/other"
  rule 5001 "m1 9 /manifests/ body $dir/other application/vnd.oci.image.manifest.v1+json"
  run minibox pull "localhost:5001/team/app@$digest"
  assert_failure 1
  assert_output --partial "the manifest has the digest"
  rule 5001 "m2 1 /manifests/ rewrite Docker-Content-Digest:\ sha256: Docker-Content-Digest: sha256:0"
  rule 5001 "m2 1 /manifests/ corrupt"
  run minibox pull localhost:5001/team/app:1
  assert_failure 1
  assert_output --partial "the manifest has the digest"
}

@test "blobs may be elsewhere, and no credentials go there" {
  registries_json
  rule 5012 "r1 99 /v2/team/app/blobs/ redirect http://127.0.0.1:5003"
  minibox login -u anna --password-stdin localhost:5012 <<<'secret word'
  minibox tag app localhost:5011/team/app:1
  minibox login -u anna --password-stdin localhost:5011 <<<'secret word'
  minibox push localhost:5011/team/app:1
  minibox rmi localhost:5011/team/app:1 app
  forget_app
  run minibox pull localhost:5012/team/app:1
  assert_success
  run requests 5012
  assert_output --partial "/blobs/"
  assert_output --partial "auth=Bearer"
  run requests 5003
  assert_output --partial "GET /v2/team/app/blobs/"
  refute_output --regexp 'auth=(Bearer|Basic)'
  minibox tag localhost:5012/team/app:1 app
  minibox rmi localhost:5012/team/app:1
  minibox logout localhost:5012
  minibox logout localhost:5011
}

@test "basic authentication: login checks, keeps a private file, and logout forgets" {
  minibox tag app localhost:5010/team/app:1
  run minibox push localhost:5010/team/app:1
  assert_failure 1
  assert_output --partial "the registry asks for a login (401)"
  assert_output --partial "minibox login localhost:5010"
  run minibox login -u anna --password-stdin localhost:5010 <<<'wrong'
  assert_failure 1
  assert_output --partial "the user name or the password is wrong (401)"
  refute_output --partial "asks for a login"
  assert [ ! -e "$MINIBOX_AUTH_FILE" ] || refute grep -q 5010 "$MINIBOX_AUTH_FILE"
  run minibox login -u anna --password-stdin localhost:5010 <<<'secret word'
  assert_success
  assert_output "Login Succeeded"
  assert_equal "$(stat -c %a "$MINIBOX_AUTH_FILE" "${MINIBOX_AUTH_FILE%/*}" | xargs)" "600 700"
  run minibox push localhost:5010/team/app:1
  assert_success
  minibox rmi localhost:5010/team/app:1
  run minibox pull localhost:5010/team/app:1
  assert_success
  minibox rmi localhost:5010/team/app:1
  chmod 644 "$MINIBOX_AUTH_FILE"
  run minibox pull localhost:5010/team/app:1
  assert_failure
  assert_output --partial "open to other users"
  chmod 600 "$MINIBOX_AUTH_FILE"
  run minibox logout localhost:5010
  assert_success
  run minibox pull localhost:5010/team/app:1
  assert_failure 1
  assert_output --partial "the registry asks for a login (401)"
  run minibox logout localhost:5010
  assert_failure 1
  run grep -rE 'secret word|c2VjcmV0IHdvcmQ' "$dir/miniboxd.log" "$data/index.json" "$data/containers"
  assert_failure 1
}

@test "a password in the command line works with a warning, and never without a user" {
  run minibox login -u anna -p 'secret word' localhost:5010
  assert_success
  assert_output --partial "can be seen by other users"
  minibox logout localhost:5010
  run minibox login --password-stdin localhost:5010 <<<'secret word'
  assert_failure 2
}

@test "tokens: asked for what is to be done and no more" {
  rule 5012
  minibox tag app localhost:5011/team/app:2
  run minibox push localhost:5011/team/app:2
  assert_failure 1
  assert_output --partial "token from http://localhost:5012/token: the registry asks for a login (401): 'wrong password'"
  run minibox login -u anna --password-stdin localhost:5011 <<<'wrong'
  assert_failure 1
  assert_output --partial "the user name or the password is wrong (401)"
  refute_output --partial "asks for a login"
  run minibox login -u anna --password-stdin localhost:5011 <<<'secret word'
  assert_success
  run minibox push localhost:5011/team/app:2
  assert_success
  run requests 5012
  assert_output --partial "GET /token?service=service&scope=repository:team/app:pull%2Cpush&account=anna auth=Basic"
  minibox rmi localhost:5011/team/app:2
  rule 5012
  run minibox pull localhost:5011/team/app:2
  assert_success
  run requests 5012
  assert_output "GET /token?service=service&scope=repository:team/app:pull&account=anna auth=Basic range="
  minibox rmi localhost:5011/team/app:2
  minibox logout localhost:5011
}

@test "a registry with TLS can't have the password sent to a token server without" {
  start_registry mixed 5444 "  tls: {certificate: $dir/tls.crt, key: $dir/tls.key}
auth: {token: {realm: http://localhost:5012/token, service: service, issuer: issuer, rootcertbundle: $dir/ca.crt}}"
  registries_json "\"localhost:5444\": {\"ca\": \"$dir/ca.crt\"}"
  rule 5012
  run minibox login -u anna --password-stdin localhost:5444 <<<'secret word'
  assert_failure 1
  assert_output --partial "without TLS: the credentials are not sent there"
  run requests 5012
  assert_output ""
}

@test "TLS: only with a certificate that is trusted, and for its own name" {
  minibox tag app localhost:5443/team/app:1
  registries_json '"localhost:5443": {"insecure": false}'
  run minibox push localhost:5443/team/app:1
  assert_failure 1
  assert_output --partial "the certificate of https://localhost:5443 can't be trusted"
  assert_output --partial '"ca"'
  registries_json "\"localhost:5443\": {\"ca\": \"$dir/ca.crt\"}, \"$host_address:5443\": {\"ca\": \"$dir/ca.crt\"}"
  run minibox push localhost:5443/team/app:1
  assert_success
  minibox rmi localhost:5443/team/app:1
  run minibox pull localhost:5443/team/app:1
  assert_success
  minibox rmi localhost:5443/team/app:1
  run minibox pull $host_address:5443/team/app:1
  assert_failure 1
  assert_output --partial "can't be trusted"
}

@test "plain HTTP is for this machine and for registries that the file names" {
  run minibox pull $host_address:5000/team/app:1
  assert_failure 1
  assert_output --partial "no TLS with https://$host_address:5000"
  assert_output --partial '"insecure": true'
  registries_json "\"$host_address:5000\": {\"insecure\": true}"
  run minibox pull $host_address:5000/team/app:1
  assert_success
  minibox rmi $host_address:5000/team/app:1
  run minibox pull localhost:5443/team/app:1
  assert_failure 1
  assert_output --partial "it was asked in plain HTTP and speaks TLS"
  assert_output --partial '"insecure": false'
}

@test "a mistake in the file of registries is told" {
  registries_json '"a": {"insecur": true}'
  run minibox pull localhost:5000/team/app:1
  assert_failure 1
  assert_output --partial "unknown property 'insecur'"
}

@test "mirrors are asked first, the next one when one fails" {
  registries_json '"registry.invalid": {"mirrors": ["http://localhost:5999", "http://localhost:5001"]}'
  run minibox pull registry.invalid/team/app:1
  assert_success
  assert_line --regexp '^\[pull\] mirror http://localhost:5999 failed \(cannot reach http://localhost:5999.*trying the next\.\.\.$'
  run requests 5001
  assert_output --partial "GET /v2/team/app/manifests/1"
  minibox rmi registry.invalid/team/app:1
}

@test "two pulls of one image at once fetch its layer once" {
  local first second blob
  blob=$(blob_of team/big)
  forget_big
  rule 5001 "w1 1 /blobs/$blob truncate 1000"
  exec_minibox pull localhost:5001/team/big:1 >"$dir/first.log" 2>&1 3>&- &
  first=$!
  exec_minibox pull 127.0.0.1:5001/team/big:1 >"$dir/second.log" 2>&1 3>&- &
  second=$!
  wait "$first" "$second"
  run grep -c "GET /v2/team/big/blobs/$blob .*range=$" "$dir/requests-5001"
  assert_output 1
  forget_big
}

@test "a client that leaves ends its pull" {
  rule 5001 "s2 9 /blobs/$(blob_of team/big) stall 1000"
  exec_minibox pull localhost:5001/team/big:1 >"$dir/pull.log" 2>&1 3>&- &
  wait_until grep -q "/blobs/$(blob_of team/big)" "$dir/requests-5001"
  kill -INT $!
  wait_until no_blob_on_its_way
  run minibox images
  refute_output --partial big
}
no_blob_on_its_way() { [ -z "$(find "$data/tmp" -name 'blob-*')" ]; }

@test "name servers that are silent hold nobody up" {
  in_outside nft 'add table ip silence; add chain ip silence input { type filter hook input priority 0; }; add rule ip silence input udp dport 53 drop'
  printf 'nameserver %s\noptions timeout:30 attempts:5\n' "$outside_address" >"$dir/resolv.conf"
  timeout_ms=60000 registries_json
  kill_daemon
  start_daemon_with_names_of "$dir/resolv.conf"
  exec_minibox pull far.example/app:1 >/dev/null 2>&1 3>&- &
  wait_until name_server_is_asked
  kill -TERM "$daemon"
  wait_until has_ended "$daemon"
  run grep "a call did not end" "$dir/miniboxd.log"
  assert_failure
  timeout_ms=300 registries_json
  start_daemon_with_names_of "$dir/resolv.conf"
  run minibox pull far.example/app:1
  assert_failure 1
  assert_output --partial "cannot find the host 'far.example': no name server answers within 300 ms"
  in_outside nft delete table ip silence
  kill_daemon
  start_daemon
}
start_daemon_with_names_of() { start_daemon unshare --mount sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$1"; }
name_server_is_asked() { [ -n "$(in_host ss -Hun dport = :53)" ]; }

@test "a daemon killed during a pull leaves no half blob under its name" {
  local blob
  blob=$(blob_of team/big)
  rule 5001 "s3 1 /blobs/$blob stall 1000000"
  exec_minibox pull localhost:5001/team/big:1 >"$dir/pull.log" 2>&1 3>&- &
  wait_until grep -q "/blobs/$blob" "$dir/requests-5001"
  kill_daemon
  assert [ ! -e "$data/blobs/sha256/${blob#sha256:}" ]
  start_daemon
  run minibox pull localhost:5001/team/big:1
  assert_success
  forget_big
}

@test "a build fetches its base, run fetches its image; --pull says otherwise" {
  minibox rmi localhost:5000/team/app:1 2>/dev/null || true
  mkdir -p "$dir/onbase"
  printf 'BASE localhost:5000/team/app:1\nBLOCK one\n    RUN echo third >/odd/third\nSTART cat /odd/second /odd/third\n' >"$dir/onbase/MiniBox"
  run minibox build -t onbase "$dir/onbase"
  assert_success
  assert_line --index 1 "[build] START image=onbase"
  assert_line --index 2 "[base] fetching localhost:5000/team/app:1 manifest..."
  assert_line "[base] localhost:5000/team/app:1 has 3 layers"
  assert_line --regexp '^\[base\] fetching config blob [0-9a-f]{12}\.\.\.$'
  assert_line --regexp '^\[base\] localhost:5000/team/app:1: ready \([0-9.]+m?s\)$'
  run minibox run --rm onbase
  assert_output $'second\nthird'
  minibox rmi onbase localhost:5000/team/app:1

  run minibox run --rm --pull never localhost:5000/team/app:1
  assert_failure 125
  assert_output --partial "image not found: 'localhost:5000/team/app:1'"
  run --separate-stderr minibox run --rm localhost:5000/team/app:1
  assert_success
  assert_output second
  assert_regex "$stderr" '\[pull\] successfully pulled'
  run --separate-stderr minibox run --rm --pull always localhost:5000/team/app:1
  assert_output second
  assert_regex "$stderr" 'is already here'
  run minibox run --rm --pull sometimes localhost:5000/team/app:1
  assert_failure 2
  run minibox run --rm localhost:5000/team/nothing
  assert_failure 125
  assert_output --partial "image not found: 'localhost:5000/team/nothing', and it can't be pulled: "
  assert_output --partial "not found (404)"
}

@test "a build whose base nobody has is a 404 with the reason" {
  mkdir -p "$dir/nobase"
  printf 'BASE localhost:5000/team/nothing\nBLOCK one\n    RUN true\nSTART true\n' >"$dir/nobase/MiniBox"
  run minibox build -t nobase "$dir/nobase"
  assert_failure 1
  assert_output --partial "MiniBox:1: image not found: 'localhost:5000/team/nothing', and it can't be pulled:"
  refute_output --partial "[build]"
}

@test "the API: routes, statuses and the trailer" {
  local api=http://127.0.0.1:8080
  run in_host curl -sS -w '%{http_code}' -X POST "$api/images/pull"
  assert_output $'Image name is required\n400'
  run in_host curl -sS -w '%{http_code}' -X POST "$api/images/pull?image=UPPER"
  assert_output --regexp 'invalid image name.*400$'
  run in_host curl -sS -o /dev/null -w '%{http_code}' -X POST "$api/images/pull?image=localhost:5000/team/nothing"
  assert_output 404
  run in_host curl -sS -o /dev/null -w '%{http_code}' -X POST "$api/images/pull?image=localhost:5010/team/app"
  assert_output 403
  run in_host curl -sS -o /dev/null -w '%{http_code}' -X POST "$api/images/pull?image=localhost:5999/a"
  assert_output 503
  run in_host curl -sS --raw -X POST "$api/images/pull?image=localhost:5000/team/app:1"
  assert_line "[pull] Done"
  assert_line --partial "X-Minibox-Status: ok"
  run in_host curl -sS -o /dev/null -w '%{http_code}' -X POST -H 'X-Registry-Auth: !' "$api/images/pull?image=localhost:5000/a"
  assert_output 400
  run in_host curl -sS -w '%{http_code}' -X POST "$api/images/tag?image=app&name=app:again"
  assert_output $'Image app tagged app:again\n200'
  run in_host curl -sS -o /dev/null -w '%{http_code}' -X POST "$api/images/tag?image=nothing&name=a"
  assert_output 404
  run in_host curl -sS -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -d '{"username":"anna","password":"no","serveraddress":"localhost:5010"}' "$api/auth"
  assert_output 403
  minibox rmi app:again
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  kill_registries
  assert_nothing_left
}
