# minibox build: the hello example, the cache, confinement of RUN.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

# A copy of the example that tests may change.
hello_context() {
  rm -rf "$dir/hello"
  cp -r "$project/examples/hello" "$dir/hello"
}

@test "hello builds, its log lines are those of the format, and it serves its page" {
  hello_context
  run minibox build -t hello "$dir/hello"
  assert_success
  assert_line --index 0 "..  Building image hello from hello"
  assert_line "[build] START image=hello"
  assert_line "[base] busybox: using local image"
  assert_line "[build] mode=dag blocks=3"
  assert_line --regexp '^\[dag\] wave=1 ready=page,facts$'
  assert_line --regexp '^\[site\] START needs=page,facts workdir='
  assert_line --regexp '^\[site\] DONE \([0-9.]+m?s\)$'
  assert_line "[dag-summary] blocks=3 cached=0 built=3"
  assert_line --regexp '^\[finalize\] writing [0-9]+ layer\(s\)$'
  assert_line --regexp '^\[build\] DONE image=hello manifest=[a-f0-9]{12} \('
  assert_line "Build completed successfully"

  local id
  id=$(minibox run -d -p 18081:80 hello)
  wait_until in_host curl -sSf http://127.0.0.1:18081/
  run in_host curl -sS http://127.0.0.1:18081/
  assert_output --partial "<h1>Hello from MiniBox</h1>"
  assert_output --partial "inside a container"
  refute_output --partial "@FACTS@"
  minibox rm -f "$id"
}

layers_of() {
  local manifest
  manifest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] | test($name)) | .digest' "$data/index.json")
  jq -r '.layers[].digest' "$data/blobs/sha256/${manifest#sha256:}"
}

@test "a second build takes everything from the cache and gives the same layers" {
  hello_context
  minibox build -t hello "$dir/hello"
  local first
  first=$(layers_of hello)
  run minibox build -t hello "$dir/hello"
  assert_success
  assert_line "[dag-summary] blocks=3 cached=3 built=0"
  assert_line --regexp '^\[page\] CACHED'
  assert_equal "$(layers_of hello)" "$first"
}

@test "a one-file change rebuilds only the blocks below it" {
  hello_context
  minibox build -t hello "$dir/hello"
  echo '/* changed */' >>"$dir/hello/content/style.css"
  run minibox build -t hello "$dir/hello"
  assert_success
  assert_line --regexp '^\[facts\] CACHED'
  assert_line --regexp '^\[page\] DONE'
  assert_line --regexp '^\[site\] DONE'
  assert_line "[dag-summary] blocks=3 cached=1 built=2"
  run minibox run --rm hello cat /www/style.css
  assert_output --partial "changed"
}

# The stat cache knows the file when it was older than the clock's granularity at the build before.
known_context() {
  context known <<'END'
BASE busybox
BLOCK app
    COPY data /data
START cat /data/file
END
  mkdir -p "$dir/known/data"
  echo first >"$dir/known/data/file"
  touch -d '2020-01-01 00:00:00' "$dir/known/data/file"
  rm -f "$data"/contexts/*
  wait_until is_remembered
}
is_remembered() {
  minibox build -t known "$dir/known" >/dev/null
  [ -n "$(ls -A "$data/contexts")" ]
}

assert_change_is_noticed() {
  run minibox build -t known "$dir/known"
  assert_success
  assert_line "[dag-summary] blocks=1 cached=0 built=1"
  run minibox run --rm known
  assert_output "$1"
}

@test "a changed file is noticed though its size and time are set back" {
  known_context
  printf 'later\n' >"$dir/known/data/file"
  touch -d '2020-01-01 00:00:00' "$dir/known/data/file"
  assert_change_is_noticed later
}

@test "a file that was replaced, by another or a symlink, is noticed" {
  known_context
  printf 'moved\n' >"$dir/known/new"
  touch -d '2020-01-01 00:00:00' "$dir/known/new"
  mv "$dir/known/new" "$dir/known/data/file"
  assert_change_is_noticed moved
  echo linked >"$dir/known/data/target"
  ln -sf target "$dir/known/data/file"
  assert_change_is_noticed linked
}

@test "a file changed right after a build, or through a second name, is noticed" {
  known_context
  ln "$dir/known/data/file" "$dir/known/second"
  minibox build -t known "$dir/known"
  local turn
  for turn in a b c; do
    printf 'see %s\n' $turn >"$dir/known/second"
    touch -d '2020-01-01 00:00:00' "$dir/known/second"
    assert_change_is_noticed "see $turn"
  done
}

@test "a damaged stat cache costs a build nothing but time" {
  known_context
  local cache
  for cache in "$data"/contexts/*; do echo nonsense >"$cache"; done
  run minibox build -t known "$dir/known"
  assert_success
  assert_line "[dag-summary] blocks=1 cached=1 built=0"
}

@test "a changed environment or command of a needed block rebuilds what needs it" {
  context chain <<'END'
BASE busybox
BLOCK one
    ENV WHO=world
    RUN echo "hello $WHO" >/one
BLOCK two
    NEED one
    RUN cat /one >/two
START cat /two
END
  minibox build -t chain "$dir/chain"
  run minibox run --rm chain
  assert_output "hello world"
  sed -i 's/WHO=world/WHO=moon/' "$dir/chain/MiniBox"
  run minibox build -t chain "$dir/chain"
  assert_line "[dag-summary] blocks=2 cached=0 built=2"
  run minibox run --rm chain
  assert_output "hello moon"
}

@test "blocks start as soon as their own needs are done" {
  # "after" needs only "quick"; it must not wait for "slow", which waits for a file that "after" never could make.
  context waves <<'END'
BASE busybox
BLOCK slow
    RUN sleep 3
BLOCK quick
    RUN true
BLOCK after
    NEED quick
    RUN true
BLOCK all
    NEED slow
    NEED after
    RUN true
END
  run minibox build -t waves "$dir/waves"
  assert_success
  local after slow
  after=$(printf '%s\n' "${lines[@]}" | grep -n '^\[after\] DONE' | cut -d: -f1)
  slow=$(printf '%s\n' "${lines[@]}" | grep -n '^\[slow\] DONE' | cut -d: -f1)
  assert [ "$after" -lt "$slow" ]
}

@test "COPY FROM= takes files of another block, BNEED blocks are not in the image" {
  context from <<'END'
BASE busybox
BLOCK tools
    RUN mkdir /out && echo compiled >/out/program && echo heavy >/heavy
BLOCK app
    BNEED tools
    COPY FROM=tools /out/program /app/program
START sh -c "cat /app/program; ls /heavy"
END
  run minibox build -t from "$dir/from"
  assert_success
  run minibox run --rm from
  assert_line --index 0 compiled
  assert_output --partial "No such file"
}

@test "a failing RUN fails the build with its block and exit status" {
  context broken <<'END'
BASE busybox
BLOCK bad
    RUN echo about to fail; exit 4
END
  run minibox build -t broken "$dir/broken"
  assert_failure 1
  assert_output --partial "[bad] about to fail"
  assert_output --regexp 'Build failed: .*bad.*'
  run minibox images
  refute_output --partial broken
}

@test "RUN's status is told as it is" {
  context status200 <<'END'
BASE busybox
BLOCK bad
    RUN exit 200
END
  run minibox build -t broken "$dir/status200"
  assert_failure 1
  assert_line --regexp 'Build failed: .*: exit status 200$'
  context signalled <<'END'
BASE busybox
BLOCK bad
    RUN kill -9 $$
END
  run minibox build -t broken "$dir/signalled"
  assert_failure 1
  assert_output --partial 'exit status 137 (128 + signal 9)'
}

@test "a block that the image does not use is built all the same" {
  context unused <<'END'
BASE busybox
BLOCK app
    RUN echo app >/app
BLOCK checks
    NEED app
    RUN grep -q app /app && touch /checked
BLOCK image
    NEED app
END
  run minibox build -t unused "$dir/unused"
  assert_success
  assert_line --regexp '^\[checks\] DONE'
  assert_line "[dag-summary] blocks=3 cached=0 built=3"
  run minibox run --rm unused ls /
  assert_line app
  refute_line checked
  sed -i 's/grep -q app/grep -q other/' "$dir/unused/MiniBox"
  run minibox build -t unused "$dir/unused"
  assert_failure 1
  assert_output --partial 'Build failed: block checks:'
}

# In the background, with its output in a file; sets $build to the client's pid.
start_build() {
  : >"$dir/$1.log"
  exec_minibox build -t "$1" "$dir/$1" >"$dir/$1.log" 2>&1 3>&- &
  build=$!
}

# Lets go on every RUN that waits with: until nc -w 1 OUTSIDE 9001 </dev/null; do sleep 0.1; done
release_runs() { in_outside timeout 10 busybox nc -l -p 9001 </dev/null >/dev/null; }

@test "a context that changes during the build does not get into the cache" {
  context changing <<'END'
BASE busybox
BLOCK slow
    RUN echo waiting; until nc -w 1 192.0.2.2 9001 </dev/null; do sleep 0.1; done
BLOCK data
    BNEED slow
    COPY data /data
BLOCK above
    NEED data
    RUN cat /data/file
END
  mkdir "$dir/changing/data"
  echo one >"$dir/changing/data/file"
  start_build changing
  wait_until grep -q '^\[slow\] waiting' "$dir/changing.log"
  echo two >"$dir/changing/data/file"
  release_runs
  status=0
  wait "$build" || status=$?
  assert_equal "$status" 1
  run cat "$dir/changing.log"
  assert_output --regexp "Build failed: block data: MiniBox:6: COPY data /data: 'data/file' changed while it was built"
  assert_output --partial "hint: build again"
  refute_line --regexp '^\[above\] START'

  echo one >"$dir/changing/data/file"
  run minibox build -t changing "$dir/changing"
  assert_success
  assert_line --regexp '^\[slow\] CACHED'
  assert_line --regexp '^\[data\] DONE'
  assert_line "[above] one"
}

layers_and_blobs() { find "$data/extracted" "$data/layers" "$data/blobs" -mindepth 1 -maxdepth 2 | sort; }
nothing_under_way() {
  ! ls -A "$data/tmp" | grep -q '^build-' && ! grep -qs "$data/tmp/build-" /proc/[0-9]*/mountinfo &&
    [ -z "$(find /sys/fs/cgroup -path "*/minibox-$bridge/*" -type d)" ]
}
no_step_runs() { ! grep -lqs "$1" /proc/[0-9]*/cmdline; }

@test "a client that leaves ends its build: no process, mount, directory or layer of it stays" {
  context leaving <<'END'
BASE busybox
BLOCK one
    RUN echo half >/half; echo begun; trap '' TERM INT HUP; (sleep 31415 & sleep 31415); sleep 31415
BLOCK other
    RUN dd if=/dev/zero of=/big bs=1M count=1 2>/dev/null; echo also begun; sleep 31415
BLOCK both
    NEED one
    NEED other
END
  local before
  before=$(layers_and_blobs)
  start_build leaving
  wait_until grep -q '^\[one\] begun' "$dir/leaving.log"
  wait_until grep -q '^\[other\] also begun' "$dir/leaving.log"
  kill -KILL "$build"
  wait_until no_step_runs 31415
  wait_until nothing_under_way
  assert_equal "$(layers_and_blobs)" "$before"
  run minibox images
  refute_output --partial leaving
}

@test "a client that leaves in the moment a step ends leaves nothing either" {
  local round before
  before=$(layers_and_blobs | grep -c . || true)
  for round in 1 2 3 4 5 6 7 8 9 10; do
    context "ending$round" <<END
BASE busybox
BLOCK one
    RUN echo round $round; echo ending; kill -9 \$\$
END
    start_build "ending$round"
    wait_until grep -q ending "$dir/ending$round.log"
    kill -KILL "$build" || true
    wait "$build" || true
  done
  wait_until nothing_under_way
  assert_equal "$(layers_and_blobs | grep -c . || true)" "$before"
  hello_context
  run minibox build --no-cache -t hello "$dir/hello"
  assert_success
}

post_build() {
  jq -n --arg image "$1" --arg minibox "$2" --arg context "$3" '{$image, $minibox, $context}' |
    in_host curl -sS -w ' %{http_code}' -H 'Content-Type: application/json' -d @- http://127.0.0.1:8080/containers/build
}

reads_below() { find "/proc/$(<"$dir/daemon.pid")/fd" -lname "$1/*" 2>/dev/null | grep -q .; }
reads_nothing_below() { ! reads_below "$1"; }

# A minute of hashing for any disk: sparse files as large as a layer may be.
@test "planning ends with the client, and with the daemon" {
  { echo "BASE scratch"; echo "BLOCK app"; for i in {1..40}; do echo "    COPY $i /$i"; done; } | context huge
  for i in {1..40}; do truncate -s 8G "$dir/huge/$i"; done
  exec_minibox build -t huge "$dir/huge" >/dev/null 2>&1 3>&- &
  local build=$!
  wait_until reads_below "$dir/huge"
  kill -KILL "$build"
  wait_until reads_nothing_below "$dir/huge"

  exec_minibox build -t huge "$dir/huge" >/dev/null 2>&1 3>&- &
  wait_until reads_below "$dir/huge"
  kill -TERM "$(<"$dir/daemon.pid")"
  wait_until has_ended "$(<"$dir/daemon.pid")"
  run tail -n 1 "$dir/miniboxd.log"
  assert_output "[daemon] shutdown requested"
  start_daemon
}

@test "what no layer can hold is refused before it is read" {
  context sparse <<'EOF'
BASE scratch
BLOCK app
    COPY . /
EOF
  truncate -s 200G "$dir/sparse/vm.img"
  run minibox build -t sparse "$dir/sparse"
  assert_failure
  assert_output --partial "'vm.img' of 214748364800 bytes makes what is copied larger than a layer may be, 8589934592 bytes"
  assert_output --partial "hint: name what the build does not need in .miniboxignore"
}

@test "what can be refused before the first log line has a status of its own" {
  context refused </dev/null
  run post_build x $'BASE no-such-base\nBLOCK a\n' "$dir/refused"
  assert_output --partial "MiniBox:1: image not found: 'no-such-base'"
  assert_output --regexp ' 404$'
  run post_build x $'BASE busybox\nBLOCK a\n COPY gone /x\n' "$dir/refused"
  assert_output --partial "MiniBox:3: COPY: source 'gone' is not in the build context"
  assert_output --regexp ' 404$'
  run post_build x $'BASE no-such-base\nBLOCK a\n' /nowhere
  assert_output --regexp 'invalid build context.* 400$'
  run post_build 'Bad Name' $'BASE no-such-base\nBLOCK a\n' /nowhere
  refute_output --partial 'invalid build context'
  assert_output --regexp ' 400$'
  run post_build 'Bad Name' $'BASE busybox\nRUNN\n' /nowhere
  assert_output --partial "MiniBox:2: unknown instruction 'RUNN'"
  assert_output --regexp ' 400$'
}

@test "a file given as context is refused with the way to do it" {
  hello_context
  run minibox build -t x "$dir/hello/MiniBox"
  assert_failure
  assert_output --partial "the build context must be a directory"
  assert_output --partial "hint: name the file with -f"
}

# What goes into a new directory is written past the overlay.
@test "RUN is confined as a container is" {
  context confined <<'END'
BASE busybox
BLOCK probe
    RUN grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
    RUN if mount -t tmpfs none /mnt; then exit 1; fi
    RUN if mknod /disk b 254 0 && cat /disk; then exit 1; fi
    RUN test "$(cat /proc/self/uid_map | awk '{print $2}')" != 0
END
  run minibox build -t confined "$dir/confined"
  assert_success
  assert_output --regexp 'CapEff:.00000000a80425fb'
  assert_output --regexp 'NoNewPrivs:.1'
  assert_output --regexp 'Seccomp:.2'
}

@test ".miniboxignore keeps files out of image and cache key" {
  context ignored <<'END'
BASE busybox
BLOCK one
    COPY . /ctx/
START ls /ctx
END
  echo "*.log" >"$dir/ignored/.miniboxignore"
  echo keep >"$dir/ignored/keep.txt"
  echo noise >"$dir/ignored/build.log"
  minibox build -t ignored "$dir/ignored"
  run minibox run --rm ignored
  assert_line keep.txt
  refute_line build.log
  echo more noise >>"$dir/ignored/build.log"
  run minibox build -t ignored "$dir/ignored"
  assert_line "[dag-summary] blocks=1 cached=1 built=0"
}

@test "START with quotes keeps its words, ENV and WORKDIR reach the container" {
  context config <<'END'
BASE busybox
BLOCK one
    WORKDIR /srv/app
    ENV A=1 B="two words"
    RUN pwd >where
START sh -c 'pwd; cat where; echo "$A|$B"'
END
  minibox build -t config "$dir/config"
  run minibox run --rm config
  assert_line --index 0 /srv/app
  assert_line --index 1 /srv/app
  assert_line --index 2 "1|two words"
}

@test "what is stored is a valid OCI layout: digests, sizes and diff_ids are right" {
  hello_context
  minibox build -t hello "$dir/hello"
  local blobs=$data/blobs/sha256 digest manifest config
  for digest in "$blobs"/*; do
    [[ ${digest##*/} =~ ^[a-f0-9]{64}$ ]] || continue
    assert_equal "$(sha256sum <"$digest" | cut -d' ' -f1)" "${digest##*/}"
  done
  manifest=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] | test("hello")) | .digest' "$data/index.json")
  manifest=$blobs/${manifest#sha256:}
  config=$blobs/$(jq -r '.config.digest | ltrimstr("sha256:")' "$manifest")
  assert_equal "$(jq '.layers | length' "$manifest")" "$(jq '.rootfs.diff_ids | length' "$config")"
  local i=0 layer size
  while read -r layer size; do
    assert_equal "$(stat -c %s "$blobs/$layer")" "$size"
    assert_equal "sha256:$(gzip -dc <"$blobs/$layer" | sha256sum | cut -d' ' -f1)" "$(jq -r ".rootfs.diff_ids[$i]" "$config")"
    i=$((i + 1))
  done < <(jq -r '.layers[] | "\(.digest | ltrimstr("sha256:")) \(.size)"' "$manifest")
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
