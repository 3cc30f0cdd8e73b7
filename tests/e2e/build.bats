# minibox build: the hello example, the cache, confinement of RUN.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

# A copy of the example that tests may change.
hello_context() {
  rm -rf "$dir/hello"
  cp -r "$project/examples/hello" "$dir/hello"
}

# context NAME: a directory whose MiniBox file comes from stdin
context() {
  rm -rf "${dir:?}/$1"
  mkdir -p "$dir/$1"
  cat >"$dir/$1/MiniBox"
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

@test "COPY can't leave the context" {
  context escape <<'END'
BASE busybox
BLOCK one
    COPY ../minibox.sock /stolen
END
  run minibox build -t escape "$dir/escape"
  assert_failure 1
  context link <<'END'
BASE busybox
BLOCK one
    COPY secret /secret
END
  ln -s /etc/shadow "$dir/link/secret"
  run minibox build -t link "$dir/link"
  run minibox run --rm link cat /secret
  refute_output --partial "root:"
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
