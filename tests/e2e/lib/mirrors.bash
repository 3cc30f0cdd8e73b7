# Package sources for steps of a build, on the test's outside, whose address steps reach as they reach any other host: what
# the test makes itself over HTTP, and Debian's mirror by way of this machine.

readonly site=http://$outside_address:8000

# serve DIRECTORY: over HTTP, as $site
serve() {
  exec_in_outside busybox httpd -f -p "$outside_address:8000" -h "$1" 3>&- &
  disown
  wait_until in_outside bash -c "exec 3<>/dev/tcp/$outside_address/8000"
}

# The machine's own Debian mirror, as tools/debian_rootfs takes it.
debian_mirror() {
  { sed -nE 's/^(URIs:|deb( \[[^]]*\])?) +(http:[^ ]*).*/\3/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null
    echo http://deb.debian.org/debian; } | head -n 1
}
mirror_answers() { curl -sfI --max-time 10 -o /dev/null "$(debian_mirror)/dists/bookworm/Release"; }

# relay_mirror: at port 3142 of the outside, for apt as its proxy
relay_mirror() {
  local machine host
  machine=/proc/$$/ns/net
  host=$(debian_mirror | cut -d/ -f3)
  exec_in_outside busybox nc -ll -p 3142 -e nsenter --net="$machine" busybox nc "${host%:*}" "$(sed -nE 's/.*:([0-9]+)$/\1/p;t;s/.*/80/p' <<<"$host")" 3>&- &
  disown
  wait_until in_outside bash -c 'exec 3<>/dev/tcp/127.0.0.1/3142'
}

# An apk repository, signed with a key of its own: packages are three gzip streams in one file (signature, control,
# data), of which an index that is signed needs the last two; tar's end marks are only at the very end.

# make_apk_key: $dir/apk/test.rsa and .pub
make_apk_key() {
  mkdir -p "$dir/apk"
  openssl genrsa -out "$dir/apk/test.rsa" 2048 2>/dev/null
  openssl rsa -in "$dir/apk/test.rsa" -pubout -out "$dir/apk/test.rsa.pub" 2>/dev/null
}

cut_tar() { tar --format=ustar -b1 --owner=0 --group=0 --numeric-owner -C "$1" -c "${@:2}" | head -c -1024 | gzip -n; }

# make_apk REPOSITORY NAME VERSION CONTENT: a package with one program, /usr/bin/NAME, that prints CONTENT
make_apk() {
  local repository=$1 name=$2 version=$3 work=$dir/apk/work sum
  rm -rf "$work" && mkdir -p "$work/data/usr/bin" "$repository"
  printf '#!/bin/sh\necho "%s"\n' "$4" >"$work/data/usr/bin/$name"
  chmod 755 "$work/data/usr/bin/$name"
  # Each file has its checksum with it.
  sum=$(sha1sum <"$work/data/usr/bin/$name" | cut -d' ' -f1)
  { tar --format=ustar -b1 --owner=0 --group=0 --no-recursion -C "$work/data" -c usr usr/bin | head -c -1024
    tar --format=pax --pax-option="APK-TOOLS.checksum.SHA1:=$sum" --owner=0 --group=0 -C "$work/data" -c "usr/bin/$name"; } |
    gzip -n >"$work/data.tar.gz"
  cat >"$work/.PKGINFO" <<END
pkgname = $name
pkgver = $version
pkgdesc = test
arch = x86_64
size = 100
license = MIT
datahash = $(sha256sum <"$work/data.tar.gz" | cut -d' ' -f1)
END
  cut_tar "$work" .PKGINFO >"$work/control.tar.gz"
  cat "$work/control.tar.gz" "$work/data.tar.gz" >"$repository/$name-$version.apk"
  cat >>"$dir/apk/APKINDEX" <<END
C:Q1$(openssl dgst -sha1 -binary "$work/control.tar.gz" | base64)
P:$name
V:$version
A:x86_64
S:$(stat -c %s "$repository/$name-$version.apk")
I:100
T:test
L:MIT

END
}

# sign_apk_index REPOSITORY: of what make_apk has made
sign_apk_index() {
  local work=$dir/apk/index
  mkdir -p "$work"
  cp "$dir/apk/APKINDEX" "$work/APKINDEX"
  echo test >"$work/DESCRIPTION"
  tar --format=ustar --owner=0 --group=0 -C "$work" -c DESCRIPTION APKINDEX | gzip -n >"$work/unsigned.tar.gz"
  openssl dgst -sha1 -sign "$dir/apk/test.rsa" -out "$work/.SIGN.RSA.test.rsa.pub" "$work/unsigned.tar.gz"
  { cut_tar "$work" .SIGN.RSA.test.rsa.pub; cat "$work/unsigned.tar.gz"; } >"$1/APKINDEX.tar.gz"
}

# make_npm_package DIRECTORY NAME VERSION: what `npm install` asks a registry for; the module is on stdin
make_npm_package() {
  local name=$2 version=$3 work=$dir/npm
  rm -rf "$work" && mkdir -p "$work/package" "$1/tarballs"
  cat >"$work/package/index.js"
  jq -n --arg name "$name" --arg version "$version" '{name: $name, version: $version, main: "index.js"}' >"$work/package/package.json"
  tar --format=ustar -C "$work" -cz package >"$1/tarballs/$name-$version.tgz"
  npm_integrity=sha512-$(openssl dgst -sha512 -binary "$1/tarballs/$name-$version.tgz" | base64 -w0)
  jq -n --arg name "$name" --arg version "$version" --arg tarball "$site/tarballs/$name-$version.tgz" --arg integrity "$npm_integrity" \
    '{name: $name, "dist-tags": {latest: $version}, versions: {($version): {name: $name, version: $version, main: "index.js",
      dist: {tarball: $tarball, integrity: $integrity}}}}' >"$1/$name"
}

# Before assert_nothing_left: they are the test's own.
kill_mirrors() {
  local pid
  for pid in $(ip netns pids "$outside"); do
    case $(readlink "/proc/$pid/exe") in */busybox) kill -KILL "$pid" ;; esac
  done
}
