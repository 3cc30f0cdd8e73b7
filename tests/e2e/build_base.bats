# BASE: a root file system archive of the build context, and what is refused.

load lib/daemon
setup_file() {
  start_host
  start_daemon
  # A root file system as it comes from elsewhere: busybox, with an odd owner, a set-id program and links.
  minibox run --name root busybox true
  mkdir "$dir/root"
  minibox cp root:/ - | tar -C "$dir/root" -x --numeric-owner
  minibox rm root
  mkdir "$dir/root/made"
  echo here >"$dir/root/made/file"
  chown 7:8 "$dir/root/made/file"
  ln "$dir/root/made/file" "$dir/root/made/hard"
  ln -s file "$dir/root/made/soft"
  cp "$dir/root/bin/busybox" "$dir/root/made/setid"
  chmod 4755 "$dir/root/made/setid"
  tar -C "$dir/root" -cf "$dir/whole.tar" .
}
teardown_file() { stop_host; }

@test "a root file system archive of the context is a base: files, owners, modes and links of it are in the image" {
  local ending
  for ending in .tar .tar.gz .tgz .tar.zst; do
    context archive <<END
BASE ./root$ending
BLOCK app
    RUN echo built >/built
END
    case $ending in
      .tar) cp "$dir/whole.tar" "$dir/archive/root.tar" ;;
      .tar.zst) zstd -q "$dir/whole.tar" -o "$dir/archive/root.tar.zst" ;;
      *) gzip -c "$dir/whole.tar" >"$dir/archive/root$ending" ;;
    esac
    run minibox build -t archive "$dir/archive"
    assert_success
    [ $ending = .tgz ] || assert_line "[base] ./root$ending: extracting local archive..."  # the same bytes as .tar.gz
    run minibox run --rm archive sh -c 'cat /built /made/soft; stat -c "%u:%g %h" /made/file; stat -c %a /made/setid'
    assert_output $'built\nhere\n7:8 2\n4755'
  done
  run minibox build -t archive "$dir/archive"
  assert_line "[base] ./root.tar.zst: using cached archive extract"
  assert_line "[dag-summary] blocks=1 cached=1 built=0"
}

@test "an image of an archive has a PATH and a shell, and what is under it counts in the cache" {
  context shell <<END
BASE root.tar
BLOCK app
    RUN cat /made/file
END
  cp "$dir/whole.tar" "$dir/shell/root.tar"
  echo 'root.tar' >"$dir/shell/.miniboxignore"
  minibox build -t shell "$dir/shell"
  run minibox inspect shell
  assert_output --partial '"/bin/sh"'
  assert_output --partial '"PATH='
  echo changed >"$dir/root/made/file"
  tar -C "$dir/root" --append --file "$dir/shell/root.tar" ./made/file
  run minibox build -t shell "$dir/shell"
  assert_success
  assert_line "[app] changed"
  assert_line "[dag-summary] blocks=1 cached=0 built=1"
}

@test "a base that lies elsewhere, is no archive, or holds an image is refused" {
  context refused </dev/null
  base() {
    echo "BASE $1" >"$dir/refused/MiniBox"
    run minibox build -t refused "$dir/refused"
    assert_failure
  }
  cp "$dir/whole.tar" "$dir/outside.tar"
  ln -s ../outside.tar "$dir/refused/link.tar"
  base ../outside.tar
  assert_output --partial "MiniBox:1: source '../outside.tar' has '..', which could leave the build context"
  base "$dir/outside.tar"
  assert_output --partial "is not relative to the build context"
  base ./link.tar
  assert_output --partial "leads outside the build context through a symlink"
  base ./gone.tar
  assert_output --partial "MiniBox:1: source './gone.tar' is not in the build context"
  base ./notes.txt
  assert_output --partial "its name must end in .tar, .tar.gz, .tgz or .tar.zst"
  echo text >"$dir/refused/text.tar"
  base ./text.tar
  assert_output --partial "base './text.tar': damaged archive"
  base gone.tar
  assert_output --partial "MiniBox:1: image not found: 'gone.tar'"
  mkdir "$dir/layout"
  cp "$data/index.json" "$dir/layout/"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$dir/layout/oci-layout"
  tar -C "$dir/layout" -cf "$dir/refused/image.tar" .
  base ./image.tar
  assert_output --partial "the archive holds an image, not a root file system"
  run find "$data/tmp" -name 'import-*'
  assert_output ""
}

@test "an archive that climbs out of its directory is refused, and writes nothing" {
  context climbing <<<'BASE ./root.tar'
  mkdir -p "$dir/climb/sub"
  echo planted >"$dir/climb/planted"
  ln -s "$dir" "$dir/climb/sub/link"
  tar -C "$dir/climb/sub" -cPf "$dir/climbing/root.tar" ../planted
  run minibox build -t climbing "$dir/climbing"
  assert_failure
  tar -C "$dir/climb" -cf "$dir/climbing/root.tar" sub/link
  tar -C "$dir/climb" --append --file "$dir/climbing/root.tar" --transform 's,planted,sub/link/planted2,' planted
  run minibox build -t climbing "$dir/climbing"
  assert [ ! -e "$dir/planted2" ]
  run minibox images
  refute_output --partial climbing2
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
