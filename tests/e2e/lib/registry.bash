# Real registries (Debian's docker-registry) for one bats file, on the test's own host, and the proxy that spoils their
# answers. They end with the host.

fault_proxy=${MINIBOX_FAULT_PROXY:-$project/build/tests/fault_proxy}

# start_registry NAME PORT [YAML]: plain HTTP on every address of the host unless YAML, which goes below "http:" and
# what follows, says otherwise.
start_registry() {
  local name=$1 port=$2 yaml=${3:-}
  mkdir -p "$dir/registry-$name"
  cat >"$dir/registry-$name.yml" <<END
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $dir/registry-$name}
  delete: {enabled: true}
validation: {disabled: true}
http:
  addr: 0.0.0.0:$port
  secret: test
$yaml
END
  exec_in_host docker-registry serve "$dir/registry-$name.yml" >>"$dir/registry-$name.log" 2>&1 3>&- &
  disown
  wait_until is_listening "$port" || { cat "$dir/registry-$name.log" >&2; return 1; }
}

# On 5010; only anna gets in.
start_basic_registry() {
  echo "$anna" >"$dir/htpasswd"
  start_registry basic 5010 "auth: {htpasswd: {realm: test, path: $dir/htpasswd}}"
}

# What the plain registry on 5000 has: REPOSITORY [TAG]; what is put there comes from stdin.
tags_of() { in_host curl -sS "http://localhost:5000/v2/$1/tags/list" | jq -r '.tags // [] | .[]'; }
manifest_json() { in_host curl -sS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://localhost:5000/v2/$1/manifests/$2"; }
put_manifest() {
  in_host curl -sS --fail -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @- "http://localhost:5000/v2/$1/manifests/$2"
}
put_blob() {
  local digest location
  cat >"$dir/blob"
  digest=sha256:$(sha256sum <"$dir/blob" | cut -d' ' -f1)
  location=$(in_host curl -sS -D- -o /dev/null -X POST "http://localhost:5000/v2/$1/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  in_host curl -sS --fail -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$dir/blob" "$location&digest=$digest" >&2
  echo "$digest"
}

is_listening() { in_host bash -c "exec 3<>/dev/tcp/127.0.0.1/$1"; }

# start_proxy PORT UPSTREAM_PORT [TOKEN USER:PASSWORD]: rules in $dir/rules-PORT, requests in $dir/requests-PORT
start_proxy() {
  local port=$1 upstream=$2
  : >"$dir/rules-$port"
  : >"$dir/requests-$port"
  exec_in_host "$fault_proxy" "$port" "$upstream" "$dir/rules-$port" "$dir/requests-$port" "${@:3}" >>"$dir/proxy.log" 2>&1 3>&- &
  disown
  wait_until is_listening "$port"
}

# rule PORT [LINE...]: from now on these rules, none without a line
rule() {
  local port=$1
  shift
  [ $# -eq 0 ] || printf '%s\n' "$@" >"$dir/rules-$port.new"
  [ $# -gt 0 ] || : >"$dir/rules-$port.new"
  mv "$dir/rules-$port.new" "$dir/rules-$port"
  : >"$dir/requests-$port"
}
requests() { cat "$dir/requests-$1"; }

# registries_json [JSON-OF-REGISTRIES]: short pauses, so that failures cost no time
registries_json() {
  echo "{\"retry_delays_ms\": [10, 20], \"timeout_ms\": ${timeout_ms:-20000}, \"registries\": {${1:-}}}" >"$dir/registries.json"
}

# use_registries [JSON-OF-REGISTRIES]: daemon and clients of this file know no others
use_registries() {
  export MINIBOX_REGISTRIES=$dir/registries.json MINIBOX_AUTH_FILE=$dir/home/auth.json
  registries_json "${1:-}"
}

# make_certificate NAME SUBJECT_ALT_NAME: $dir/NAME.crt and .key, signed by $dir/ca.crt
make_certificate() {
  [ -e "$dir/ca.crt" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=MiniBox test authority" \
    -keyout "$dir/ca.key" -out "$dir/ca.crt" 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
  openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
    -extfile <(echo "subjectAltName=$2") -out "$dir/$1.crt" 2>/dev/null
}

base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }

# make_token SCOPE_JSON: what a token server answers, signed with $dir/token.key
make_token() {
  local header payload now
  now=$(date +%s)
  header=$(printf '{"typ":"JWT","alg":"RS256","x5c":["%s"]}' "$(openssl x509 -in "$dir/token.crt" -outform DER | base64 -w0)" | base64url)
  payload=$(printf '{"iss":"issuer","sub":"anna","aud":"service","exp":%d,"nbf":%d,"iat":%d,"jti":"1","access":[%s]}' \
    $((now + 3600)) $((now - 60)) "$now" "$1" | base64url)
  printf '{"token": "%s.%s.%s", "expires_in": 3600}' "$header" "$payload" \
    "$(printf '%s.%s' "$header" "$payload" | openssl dgst -sha256 -sign "$dir/token.key" | base64url)"
}

# The htpasswd line of anna, whose password is "secret word".
readonly anna='anna:$2y$05$YkbXJ2WpPuAqIJUB42owZOCYCcOipczAc375IURhKpbsx2MERUMq6'

digest_of() { minibox images --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .digest'; }
forget_images() {
  local name
  for name in "$@"; do minibox rmi "$name" >/dev/null; done
}

# Before assert_nothing_left: they are the test's own.
kill_registries() {
  local pid
  for pid in $(ip netns pids "$host"); do
    case $(readlink "/proc/$pid/exe") in */docker-registry | */fault_proxy | */tinyproxy) kill -KILL "$pid" ;; esac
  done
}
