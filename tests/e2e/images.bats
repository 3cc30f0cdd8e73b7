# What images hold and what becomes of them: attributes of "/", size, damage, removal under somebody's feet.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

# build NAME [OPTION...]: from a MiniBox file on stdin
build() {
  local name=$1
  shift
  mkdir -p "$dir/$name"
  cat >"$dir/$name/MiniBox"
  minibox build "$@" -t "$name" "$dir/$name"
}

# Other bytes, as many as before: what a bad disk does.
spoil() { tr 'a-m' 'n-z' <"$1" >"$1.spoilt" && mv "$1.spoilt" "$1"; }

restart_daemon() {
  kill_daemon
  start_daemon
}

@test "what a step does to the attributes of / holds in later blocks, in the image and in containers" {
  run build rootmode <<'END'
BASE busybox
BLOCK one
    RUN chmod 700 / && chown 5:6 /
BLOCK two
    NEED one
    RUN stat -c '%a %u %g' / >/seen
START stat -c '%a %u %g' /
END
  assert_success
  run minibox run --rm rootmode
  assert_output "700 5 6"
  run minibox run --rm rootmode cat /seen
  assert_output "700 5 6"
}

@test "a layer has a largest size: the error names the line and the file" {
  run build huge <<'END'
BASE busybox
BLOCK one
    RUN truncate -s 300G /var/f
START true
END
  assert_failure
  assert_output --partial "'var/f' of 322122547200 bytes makes the layer larger than"
  run minibox images
  refute_output --partial huge
}

@test "a damaged image is listed, hinders nobody, and can be removed or built again" {
  local name
  for name in sound broken rebuilt; do
    build $name <<END
BASE busybox
BLOCK one
    RUN echo $name >/name
START cat /name
END
  done
  spoil "$data/blobs/sha256/$(manifest_of broken)"
  spoil "$data/blobs/sha256/$(config_of rebuilt)"
  spoil "$data/blobs/sha256/$(config_of busybox)"
  restart_daemon
  run minibox images
  assert_success
  assert_output --regexp 'broken +latest +[a-f0-9]{12} +-'
  assert_output --regexp 'sound +latest'
  run grep -c "image 'broken' (sha256:[a-f0-9]*) is damaged: .*minibox rmi broken" "$dir/miniboxd.log"
  assert_output 1
  run minibox run --rm sound
  assert_output sound
  run minibox run --rm busybox echo "the embedded one was put right"
  assert_output "the embedded one was put right"

  run minibox run --rm broken
  assert_failure 125
  assert_output --partial "is damaged"
  run minibox rmi broken
  assert_success
  run minibox build -t rebuilt "$dir/rebuilt"
  assert_success
  run minibox run --rm rebuilt
  assert_output rebuilt
}

@test "a damaged layer is not taken from the build cache" {
  local text=$'BASE busybox\nBLOCK one\n    RUN echo kept >/kept\nSTART cat /kept\n' layer
  build cached <<<"$text"
  layer=$data/blobs/sha256/$(jq -r '.layers[-1].digest | ltrimstr("sha256:")' "$data/blobs/sha256/$(manifest_of cached)")
  spoil "$layer"
  restart_daemon
  run minibox build -t cached "$dir/cached"
  assert_success
  assert_line "[dag-summary] blocks=1 cached=0 built=1"
  run minibox build -t cached "$dir/cached"
  assert_line "[dag-summary] blocks=1 cached=1 built=0"
}

@test "an image that loses its name while something is built on it stays until the build has ended" {
  build footing <<'END'
BASE busybox
BLOCK one
    RUN echo firm >/ground
START true
END
  rm "$data"/layers/*.json
  local layer
  layer=$(jq -r '.rootfs.diff_ids[-1] | ltrimstr("sha256:")' "$data/blobs/sha256/$(config_of footing)")
  # The step waits until somebody connects.
  build upper >"$dir/upper.log" 2>&1 <<'END' &
BASE footing
BLOCK one
    RUN echo "address=$(hostname -i)" && nc -l -p 7777 >/dev/null
    RUN cat /ground
START cat /ground
END
  local builder=$!
  deadline_seconds=30 wait_until grep -q 'address=[0-9]' "$dir/upper.log"
  run minibox rmi footing
  assert_success
  assert [ -d "$data/extracted/$layer" ]
  local address
  address=$(sed -n 's/.*address=\([0-9.]*\).*/\1/p' "$dir/upper.log")
  wait_until in_host bash -c "echo go >/dev/tcp/$address/7777"
  wait "$builder" || fail "$(cat "$dir/upper.log")"
  run minibox run --rm upper
  assert_output firm

  rm -f "$data"/layers/*.json
  minibox rmi upper
  assert [ ! -e "$data/extracted/$layer" ]
}

@test "what a removal could not collect during a build is collected when the build ends" {
  build passing <<'END'
BASE busybox
BLOCK one
    RUN echo soon >/gone
START true
END
  local layer
  layer=$(jq -r '.rootfs.diff_ids[-1] | ltrimstr("sha256:")' "$data/blobs/sha256/$(config_of passing)")
  build other >"$dir/other.log" 2>&1 <<'END' &
BASE busybox
BLOCK one
    RUN echo "address=$(hostname -i)" && nc -l -p 7777 >/dev/null
START true
END
  local builder=$! address
  deadline_seconds=30 wait_until grep -q 'address=[0-9]' "$dir/other.log"
  rm -f "$data"/layers/*.json
  minibox rmi passing
  assert [ -d "$data/extracted/$layer" ]
  address=$(sed -n 's/.*address=\([0-9.]*\).*/\1/p' "$dir/other.log")
  wait_until in_host bash -c "echo go >/dev/tcp/$address/7777"
  wait "$builder" || fail "$(cat "$dir/other.log")"
  wait_until [ ! -e "$data/extracted/$layer" ]
}

@test "an image is named by its id wherever it is by its name; rmi by id does not drop several names unasked" {
  local id
  build mine <<'END'
BASE busybox
START echo mine
END
  id=$(manifest_of mine)
  run minibox run --rm "${id:0:12}"
  assert_output mine
  run minibox run --rm "sha256:$id"
  assert_output mine
  minibox tag "${id:0:12}" mine:2
  minibox history "$id"
  minibox inspect "${id:0:12}"
  minibox save -o "$dir/mine.tar" "${id:0:12}"
  run minibox push "${id:0:12}"
  assert_failure
  assert_output --partial "image not found: '${id:0:12}'"
  run minibox rmi "${id:0:12}"
  assert_failure
  assert_output --partial "has several names: mine:2, mine"
  minibox rmi mine:2
  minibox rmi "${id:0:12}"
  minibox tag busybox one:2
  minibox rmi -f $(minibox images -q)
  run minibox images -q
  assert_output ""
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
