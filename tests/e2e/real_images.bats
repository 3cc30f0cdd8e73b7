# Images as people build them: on Alpine and on Debian with their own package managers, in Node and Python with theirs, a
# static program alone, and a tree that is hard on a builder. The files are those of examples/.
#
# Alpine's archive is not ours to bring: MINIBOX_ALPINE_ROOTFS names an alpine-minirootfs-*.tar.gz. Debian's comes from
# the machine's mirror, once, and what steps install comes from there too, through a relay. npm's and pip's registry and
# apk's repository are made here.

load lib/daemon
load lib/mirrors

readonly alpine_reason="MINIBOX_ALPINE_ROOTFS names no archive of Alpine"
readonly debian_reason="the Debian mirror of this machine does not answer"

setup_file() {
  start_host
  export MINIBOX_BUILD_PREFIXES=$dir,$project
  start_daemon
  mkdir "$dir/www"
  serve "$dir/www"
  export has_debian=
  ! mirror_answers || make_debian
}
teardown_file() { stop_host; }

# The image "debian", whose apt goes through the relay.
make_debian() {
  "$project/tools/debian_rootfs" "$project/build/debian-tools/rootfs.tar" apt nodejs npm python3-pip gcc libc6-dev
  relay_mirror
  minibox build -t rootfs -f "$project/examples/debian/MiniBox" "$project/build/debian-tools"
  mkdir "$dir/debian"
  cat >"$dir/debian/MiniBox" <<END
BASE rootfs
BLOCK sources
    RUN rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
    RUN echo 'deb $(debian_mirror) bookworm main' >/etc/apt/sources.list
    RUN echo 'Acquire::http::Proxy "http://$outside_address:3142";' >/etc/apt/apt.conf.d/99relay
START bash
END
  minibox build -t debian "$dir/debian"
  has_debian=1
}
need_debian() { [ -n "$has_debian" ] || skip "$debian_reason"; }

@test "Alpine's own archive is a base, and PKG installs on it with apk" {
  [ -f "${MINIBOX_ALPINE_ROOTFS:-}" ] || skip "$alpine_reason"
  local repository=$dir/www/alpine/x86_64 name
  make_apk_key
  make_apk "$repository" curl 8.9.1-r2 "curl of the test"
  make_apk "$repository" jq 1.6-r0 "an old jq"
  make_apk "$repository" jq 1.7.1-r0 "jq 1.7"
  make_apk "$repository" jq 1.8-r0 "a new jq"
  sign_apk_index "$repository"
  # The archive as it is, but for where its packages come from.
  cp -r "$project/examples/alpine" "$dir/alpine"
  mkdir "$dir/root"
  tar -C "$dir/root" --numeric-owner -xpzf "$MINIBOX_ALPINE_ROOTFS"
  echo "$site/alpine" >"$dir/root/etc/apk/repositories"
  cp "$dir/apk/test.rsa.pub" "$dir/root/etc/apk/keys/"
  tar -C "$dir/root" --numeric-owner -czf "$dir/alpine/alpine.tar.gz" .
  run minibox build -t alpine "$dir/alpine"
  assert_success
  run minibox run --rm alpine
  assert_output "curl of the test"
  run minibox run --rm alpine sh -c 'jq; apk info -e curl jq; . /etc/os-release; echo $ID; ls /var/cache/apk'
  assert_output $'jq 1.7\ncurl\njq\nalpine'
  # An index of somebody else's is not taken.
  openssl genrsa -out "$dir/apk/test.rsa" 2048
  sign_apk_index "$repository"
  run minibox build --no-cache -t alpine "$dir/alpine"
  assert_failure
  assert_output --partial "MiniBox:5: PKG curl jq@1.7"
  rm -rf "$dir/root"
}

@test "Alpine's archive as it comes runs, and its musl programs with it" {
  [ -f "${MINIBOX_ALPINE_ROOTFS:-}" ] || skip "$alpine_reason"
  mkdir "$dir/plain"
  cp "$MINIBOX_ALPINE_ROOTFS" "$dir/plain/alpine.tar.gz"
  printf 'BASE ./alpine.tar.gz\nBLOCK app\n    RUN apk --version >/version\nSTART cat /version\n' >"$dir/plain/MiniBox"
  minibox build -t plain "$dir/plain"
  run minibox run --rm plain
  assert_output --partial "apk-tools"
}

@test "PKG on Debian installs from the mirror, in the version that is asked for" {
  need_debian
  mkdir -p "$dir/pkg"
  printf 'BASE debian\nBLOCK tools\n    PKG file jq@1.6\nSTART jq --version\n' >"$dir/pkg/MiniBox"
  run minibox build -t pkg "$dir/pkg"
  assert_success
  run minibox run --rm pkg
  assert_output jq-1.6
  run minibox run --rm pkg sh -c 'file -b /bin/sh; ls /var/lib/apt/lists /var/cache/apt/archives /var/log/apt; dpkg --audit'
  assert_line --index 0 --partial dash
  refute_output --regexp '\.deb|_Packages'
  sed -i 's/jq@1.6/jq@9/' "$dir/pkg/MiniBox"
  run minibox build -t pkg "$dir/pkg"
  assert_failure
  assert_output --partial "MiniBox:3: PKG file jq@9"
}

@test "the Node example: AUTO-DEPS installs with npm, from package.json and from a lock file" {
  need_debian
  make_npm_package "$dir/www" ms 2.1.3 <<<'module.exports = (x) => typeof x === "string" ? 86400000 : "no time";'
  cp -r "$project/examples/node" "$dir/node"
  run minibox build --build-arg npm_config_registry="$site/" -t node "$dir/node"
  assert_success
  assert_line "[dependencies]    ---> auto-deps: detected package.json → running npm install"
  minibox run -d --name node -p 18080:8080 node
  wait_until node_answers
  run minibox exec node sh -c 'id -un; ls /app/node_modules'
  assert_output $'nobody\nms'
  minibox rm -f node
  # The application changes, what it depends on does not.
  echo '// new' >>"$dir/node/server.js"
  run minibox build --build-arg npm_config_registry="$site/" -t node "$dir/node"
  assert_line "[dag-summary] blocks=3 cached=2 built=1"

  jq -n --arg integrity "$npm_integrity" --arg tarball "$site/tarballs/ms-2.1.3.tgz" '{name: "example", version: "1.0.0", lockfileVersion: 3,
    packages: {"": {name: "example", version: "1.0.0", dependencies: {ms: "^2.1.0"}},
               "node_modules/ms": {version: "2.1.3", resolved: $tarball, integrity: $integrity}}}' >"$dir/node/package-lock.json"
  run minibox build --build-arg npm_config_registry="$site/" -t node "$dir/node"
  assert_success
  assert_line "[dependencies]    ---> auto-deps: detected package.json → running npm ci"
  # What is not what the lock file says is not installed.
  make_npm_package "$dir/www" ms 2.1.3 <<<'module.exports = () => "another";'
  run minibox build --no-cache --build-arg npm_config_registry="$site/" -t node "$dir/node"
  assert_failure
  assert_output --partial EINTEGRITY
}
node_answers() { in_outside curl -sf --max-time 5 "http://$host_address:18080/" | grep -x 'up for no time, a day is 86400000 ms'; }

@test "the Python example: AUTO-DEPS installs with pip" {
  need_debian
  local index=$dir/www/simple/humanize
  mkdir -p "$index" "$dir/wheel/humanize-4.9.0.dist-info"
  echo 'def intcomma(number): return f"{number:,}"' >"$dir/wheel/humanize.py"
  printf 'Metadata-Version: 2.1\nName: humanize\nVersion: 4.9.0\n' >"$dir/wheel/humanize-4.9.0.dist-info/METADATA"
  printf 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n' >"$dir/wheel/humanize-4.9.0.dist-info/WHEEL"
  printf 'humanize.py,,\nhumanize-4.9.0.dist-info/METADATA,,\nhumanize-4.9.0.dist-info/WHEEL,,\nhumanize-4.9.0.dist-info/RECORD,,\n' \
    >"$dir/wheel/humanize-4.9.0.dist-info/RECORD"
  minibox run --rm -v "$dir/wheel:/wheel" -w /wheel debian \
    sh -c 'python3 -m zipfile -c /wheel/made.whl humanize.py humanize-4.9.0.dist-info'
  mv "$dir/wheel/made.whl" "$index/humanize-4.9.0-py3-none-any.whl"
  echo '<a href="humanize-4.9.0-py3-none-any.whl">humanize-4.9.0-py3-none-any.whl</a>' >"$index/index.html"
  run minibox build -t python --build-arg PIP_INDEX_URL="$site/simple" --build-arg PIP_TRUSTED_HOST=$outside_address "$project/examples/python"
  assert_success
  assert_line "[dependencies]    ---> auto-deps: detected requirements.txt → running pip install -r requirements.txt"
  run minibox run --rm python
  assert_output "a million is 1,000,000"
}

@test "the static example: what is compiled on Debian runs from scratch, alone" {
  need_debian
  run minibox build -t static "$project/examples/static"
  assert_success
  run minibox run --rm static
  assert_output "hello, and there is no shell"
  minibox run --name static static
  minibox export static | tar -t >"$dir/static.list"
  minibox rm static
  assert [ "$(minibox images --json | jq -r '.[] | select(.name == "static") | .size')" -lt 1000000 ]
  run grep -vE '/$|^(\./)?(dev|etc|proc|sys)(/|$)' "$dir/static.list"
  assert_output --regexp '^(\./)?hello$'
}

@test "the stress example: 40,000 files, deep trees, many names and links in a circle arrive whole" {
  run minibox build -t stress "$project/examples/stress"
  assert_success
  check_stress stress
  run minibox build -t stress "$project/examples/stress"
  assert_line "[dag-summary] blocks=5 cached=5 built=0"
}
check_stress() {
  run minibox run --rm "$1" sh -c '
    for tree in /stress /copy; do
      find $tree/many -type f | wc -l
      find $tree/deep -name file | xargs cat
      find $tree/deep -type d | wc -l
      stat -c %h $tree/links/name-0
      find $tree/links -samefile $tree/links/name-500 | wc -l
      for link in circle-1 circle-2 circle-3 self up broken; do readlink $tree/links/$link; done | xargs
      cat $tree/links/circle-1 2>&1 | grep -c "symbolic links"
    done
    cat /stress/many/200/200'
  assert_output "$(printf '%s\n' 39800 bottom 251 501 500 'circle-2 circle-3 circle-1 . .. /stress/links/nowhere' 1 \
    39800 bottom 251 501 501 'circle-2 circle-3 circle-1 . .. /stress/links/nowhere' 1 '200 200')"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  kill_mirrors
  assert_nothing_left
}
