# What a build can be asked to do beside what its file says: options of minibox build.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

@test "--explain says for each block why it runs, or that it does not" {
  context explain <<'END'
BASE busybox
BLOCK deps
    COPY package.json ./
    RUN cat package.json >/installed
BLOCK src
    COPY src /src
BLOCK app
    NEED deps
    RUN cat /installed >/app
END
  mkdir -p "$dir/explain/src/sub"
  echo 1 >"$dir/explain/package.json"
  echo 1 | tee "$dir/explain/src/a.c" "$dir/explain/src/sub/b.c"
  run minibox build --explain -t explain "$dir/explain"
  assert_success
  assert_line "[explain] block 'deps' runs: it is not in the last build of this image"
  run minibox build --explain -t explain "$dir/explain"
  assert_line "[explain] block 'deps' is cached: nothing it depends on has changed"
  echo 2 >"$dir/explain/package.json"
  echo 2 >"$dir/explain/src/sub/b.c"
  touch "$dir/explain/src/c.c"
  run minibox build --explain -t explain "$dir/explain"
  assert_line "[explain] block 'deps' runs: package.json changed"
  assert_line "[explain] block 'src' runs: src/c.c is new, src/sub/b.c changed"
  assert_line "[explain] block 'app' runs: block 'deps' changed"
  sed -i 's/cat package.json/cat <package.json/; s/BASE busybox/BASE busybox:latest/' "$dir/explain/MiniBox"
  rm "$dir/explain/src/c.c"
  run minibox build --explain --no-cache -t explain "$dir/explain"
  assert_line "[explain] block 'deps' runs: --no-cache"
  echo 1 >"$dir/explain/package.json"
  run minibox build --explain -t explain "$dir/explain"
  assert_line "[explain] block 'deps' runs: package.json changed"
  assert_line "[explain] block 'src' is cached: nothing it depends on has changed"
  run minibox build -t explain "$dir/explain"
  refute_output --partial "[explain]"
}

@test "--target builds one block with what it needs" {
  context target <<'END'
BASE busybox
BLOCK one
    RUN echo one >/one
BLOCK checks
    RUN exit 3
BLOCK two
    NEED one
    RUN cat /one >/two
BLOCK last
    NEED checks
END
  run minibox build --target two -t target "$dir/target"
  assert_success
  assert_line "[dag-summary] blocks=2 cached=0 built=2"
  run minibox run --rm target cat /two
  assert_output one
  run minibox build --target thw -t target "$dir/target"
  assert_failure
  assert_output --partial "MiniBox has no block 'thw'"
}

@test "--build-arg gives an ARG of the file its value, for the steps of its block alone" {
  context args <<'END'
BASE busybox
BLOCK one
    ARG VERSION=1.0
    ARG FLAVOUR
    RUN echo "$VERSION $FLAVOUR" >/version
BLOCK two
    NEED one
    RUN echo "<$VERSION>" >/other
START cat /version /other
END
  run minibox build -t args "$dir/args"
  assert_failure
  assert_output --partial "MiniBox:4: ARG 'FLAVOUR' has no value"
  assert_output --partial "hint: give one: --build-arg FLAVOUR=VALUE"
  minibox build -t args --build-arg FLAVOUR=sweet "$dir/args"
  run minibox run --rm args
  assert_output $'1.0 sweet\n<>'
  run minibox run --rm args env
  refute_output --partial FLAVOUR
  FLAVOUR=sour run minibox build -t args --build-arg FLAVOUR --build-arg VERSION=2.0 "$dir/args"
  assert_line "[dag-summary] blocks=2 cached=0 built=2"
  run minibox run --rm args
  assert_output $'2.0 sour\n<>'
  run minibox build -t args --build-arg FLAVOUR=sweet "$dir/args"
  assert_line "[dag-summary] blocks=2 cached=2 built=0"
  printf 'BASE busybox\nBLOCK one\n    ARG A=1\n    ARG B=${A}x\n    RUN echo "$B" >/b\nSTART cat /b\n' >"$dir/args/MiniBox"
  run minibox build -t args "$dir/args"
  assert_line "[build] warning: MiniBox:4: '\${A}' is not expanded in ARG, it is taken as it is written"
  run minibox run --rm args
  assert_output '${A}x'
  printf 'BASE busybox\nBLOCK one\n    ARG FLAVOUR\n    RUN true\n' >"$dir/args/MiniBox"
  run minibox build -t args --build-arg FLAVOR=x "$dir/args"
  assert_failure
  assert_output --partial "MiniBox: no block declares ARG 'FLAVOR' (did you mean 'FLAVOUR'?)"
}

# The secret must be nowhere but in the step: not in layers, the index, the cache, or what the daemon wrote.
in_no_blob() {
  local blob
  for blob in "$data"/blobs/sha256/*; do
    if gzip -dcf "$blob" | grep -qF "$1"; then return 1; fi
  done
}
nowhere_below() { ! grep -rqF "$1" "$2"; }

@test "a secret is seen by the blocks that ask for it, and stays in no layer, log or key" {
  context secret <<'END'
BASE busybox
BLOCK one
    SECRET token
    RUN sha256sum </run/secrets/token | cut -c1-16 >/seen && ls -l /run/secrets/token | cut -c1-10 >>/seen
    USER 1234
    RUN head -c 4 /run/secrets/token >/dev/null
BLOCK two
    NEED one
    USER root
    RUN test ! -e /run/secrets && echo none >/none && echo what-is-looked-for-is-found >/found
START sh -c "cat /seen /none; ls -d /run/secrets"
END
  printf 'pa55-\377-word' >"$dir/token"
  run minibox build -t secret "$dir/secret"
  assert_failure
  assert_output --partial "block 'one' needs the secret 'token'"
  assert_output --partial "hint: give it: --secret id=token,src=FILE"
  run minibox build -t secret --secret "id=token,src=$dir/token" "$dir/secret"
  assert_success
  refute_output --partial pa55
  run minibox run --rm secret
  assert_line --index 0 "$(printf 'pa55-\377-word' | sha256sum | cut -c1-16)"
  assert_line --index 1 -- "-r--r--r--"
  assert_line --index 2 none
  assert_output --partial "No such file"
  nowhere_below pa55 "$data"
  nowhere_below pa55 "$dir/miniboxd.log"
  in_no_blob pa55
  run in_no_blob what-is-looked-for-is-found
  assert_failure

  printf 'other' >"$dir/token"
  run minibox build -t secret --secret "id=token,src=$dir/token" "$dir/secret"
  assert_line "[dag-summary] blocks=2 cached=2 built=0"
  run minibox build --no-cache -t secret --secret "id=token,src=$dir/token" "$dir/secret"
  assert_line "[dag-summary] blocks=2 cached=0 built=2"
  refute_output --partial "no block uses it"
  run minibox build -t secret --secret "id=token,src=$dir/token" --secret "id=tokn,src=$dir/token" "$dir/secret"
  assert_success
  assert_line "[build] warning: the secret 'tokn' is given, and no block uses it"
  run find "$data/tmp" -name 'secrets-*'
  assert_output ""
  run minibox build -t secret --secret "id=token,src=$dir/none" "$dir/secret"
  assert_failure
  assert_output --partial "secret 'token': open"
}

@test "a daemon that is killed during a step leaves no secret behind: the next one removes it, and ends the step" {
  echo "pass-word-of-a-killed-build" >"$dir/pass"
  mkdir -p "$dir/killed"
  printf 'BASE busybox\nBLOCK one\n    SECRET pass\n    RUN cat /run/secrets/pass >/copy; sleep 1000\nSTART true\n' >"$dir/killed/MiniBox"
  exec_minibox build -t killed --secret "id=pass,src=$dir/pass" "$dir/killed" >/dev/null 2>&1 3>&- &
  wait_until grep -rq pass-word-of-a-killed-build "$data/tmp" --include=copy
  kill_daemon
  start_daemon
  wait_until nothing_secret
  run processes_of_daemon
  refute_output --regexp '[0-9]'
  rm "$dir/pass"
}
nothing_secret() { ! grep -rq pass-word-of-a-killed-build "$data" "$dir/miniboxd.log"; }

@test "--network none leaves the steps nothing but a loopback" {
  context network <<'END'
BASE busybox
BLOCK one
    RUN ls /sys/class/net
END
  run minibox build -t network "$dir/network"
  assert_line "[one] eth0"
  run minibox build --network none -t network "$dir/network"
  assert_line "[dag-summary] blocks=1 cached=0 built=1"
  assert_line "[one] lo"
  refute_line "[one] eth0"
  run minibox build --network host -t network "$dir/network"
  assert_failure
}

@test "a CACHE is kept from build to build, for one step at a time, and is in no layer" {
  context cache <<'END'
BASE busybox
BLOCK one
    CACHE /caches/app
    RUN cat /caches/app/* 2>/dev/null; echo from one >>/caches/app/list
BLOCK two
    RUN ls /caches/app
END
  sed -i '/BLOCK two/,$d' "$dir/cache/MiniBox"
  minibox build -t cache "$dir/cache"
  run minibox build --no-cache -t cache "$dir/cache"
  assert_line "[one] from one"
  run minibox run --rm cache ls -d /caches/app /caches
  refute_line /caches/app
  refute_line /caches

  context exclusive <<'END'
BASE busybox
BLOCK one
    RUN for i in 1 2 3 4 5 6; do mkdir /kept/lock || exit 1; usleep 20000; rmdir /kept/lock; done
BLOCK two
    RUN for i in 1 2 3 4 5 6; do mkdir /kept/lock || exit 1; usleep 20000; rmdir /kept/lock; done
END
  run minibox build --cache-dir /kept -t exclusive "$dir/exclusive"
  assert_success
  run minibox build --cache-dir kept -t exclusive "$dir/exclusive"
  assert_failure
  assert_output --partial "cache path 'kept' is not absolute"
}

@test "--graph draws the blocks with their times, states and the critical path" {
  context graph <<'END'
BASE busybox
BLOCK quick
    RUN true
BLOCK slow
    RUN usleep 300000
BLOCK top
    NEED quick
    NEED slow
    RUN true
END
  minibox build --graph "$dir/graph.dot" -t graph "$dir/graph"
  run cat "$dir/graph.dot"
  assert_line --index 0 'digraph "graph" {'
  assert_line --regexp '^  "slow" \[label="slow\\nbuilt, [0-9.]+m?s, .* B", fillcolor="#d5e8fb", color="#cc3333", penwidth=3\];$'
  assert_line '  "slow" -> "top" [color="#cc3333", penwidth=3];'
  assert_line '  "quick" -> "top";'
  run minibox build --graph "$dir/graph.svg" -t graph "$dir/graph"
  assert_success
  refute_output --partial spent_us
  python3 -c 'import sys, xml.dom.minidom as m; d = m.parse(sys.argv[1]); assert len(d.getElementsByTagName("rect")) == 3' "$dir/graph.svg"
  grep -q 'class="box cached' "$dir/graph.svg"
  minibox build --graph "$dir/graph.html" -t graph "$dir/graph"
  run cat "$dir/graph.html"
  assert_output --partial "<h1>Build of graph</h1>"
  assert_output --partial "<td>slow</td><td>cached</td>"
  refute_output --regexp '(src|href)='
  run minibox build --graph "$dir/graph.png" -t graph "$dir/graph"
  assert_failure
  assert_output --partial "--graph takes a file ending in .svg, .dot or .html"
}

@test "--graph goes into a pipe too, in one piece" {
  context pipe <<'END'
BASE busybox
BLOCK one
    RUN true
END
  mkfifo "$dir/pipe.dot"
  timeout 60 cat "$dir/pipe.dot" >"$dir/piped.dot" 3>&- &
  run in_host timeout 60 "$bin/minibox" build --graph "$dir/pipe.dot" -t pipe "$dir/pipe"
  assert_success
  wait $!
  run cat "$dir/piped.dot"
  assert_line --index 0 'digraph "pipe" {'
}

@test "--graph into a directory that is not there fails before anything is built, and never leaves a half" {
  context nograph <<'END'
BASE busybox
BLOCK one
    RUN echo built
END
  local file
  mkdir -p "$dir/folder.svg"
  for file in "$dir/no/such/graph.svg" "$dir/folder.svg"; do
    run minibox build --graph "$file" -t nograph "$dir/nograph"
    assert_failure 1
    assert_output --partial "cannot write the graph: open('$file')"
    refute_output --partial "[build]"
  done
  rmdir "$dir/folder.svg"
  echo older >"$dir/older.svg"
  sed -i 's/echo built/exit 1/' "$dir/nograph/MiniBox"
  run minibox build --graph "$dir/older.svg" -t nograph "$dir/nograph"
  assert_failure 1
  assert_equal "$(cat "$dir/older.svg")" older
  assert_equal "$(ls "$dir" | grep -c 'svg.part')" 0
}

@test "a failing step ends the build at once, with its block, line, status and last lines" {
  context failing <<'END'
BASE busybox
BLOCK noise
    RUN while true; do echo noise; usleep 50000; done
BLOCK broken
    RUN for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i"; done; usleep 200000; exit 7
END
  run minibox build -t failing "$dir/failing"
  assert_failure 1
  assert_line "[build] block broken failed; its last lines:"
  assert_output --regexp $'its last lines:\n\\[broken\\] line 3\n.*\\[broken\\] line 12'
  assert_line --regexp '^Build failed: block broken: MiniBox:5: RUN for i in .*: exit status 7$'
  run minibox images
  refute_output --partial failing
}

# on_terminal ARGUMENT...: minibox with a terminal as its stdout, without colours and carriage returns
on_terminal() {
  local status=0
  MINIBOX_PLAIN=1 in_host script -qefc "$(printf '%q ' "$bin/minibox" "$@")" "$dir/screen" </dev/null >"$dir/shown" || status=$?
  tr -d '\r' <"$dir/shown"
  return $status
}

@test "--progress=tty shows the running blocks at the bottom, and what a failed one has written" {
  context progress <<'END'
BASE busybox
BLOCK one
    RUN echo working; echo hard
END
  local how
  for how in tty auto; do
    run on_terminal build --no-cache --progress=$how -t progress "$dir/progress"
    assert_success
    assert_output --partial $'\e[1A\e[J  [one] hard'
  done
  assert_line --regexp '\[one\] DONE \('
  assert_line --partial "Build completed successfully"
  sed -i 's/echo hard/echo hard; exit 1/' "$dir/progress/MiniBox"
  run on_terminal build --progress=tty -t progress "$dir/progress"
  assert_failure
  assert_output --regexp $'\\[one\\] working\n\\[one\\] hard\nBuild failed: block one: MiniBox:3'
  run minibox build --progress=tty -t progress "$dir/progress"
  assert_failure 2
  assert_output $'[error] minibox: --progress tty needs a terminal, and stdout is none\nhint: give --progress plain, or auto, which is plain here'
  run minibox build --progress=auto -t progress "$dir/progress"
  refute_output --partial $'\e'
  run minibox build --progress=loud -t progress "$dir/progress"
  assert_failure
  assert_output --partial "--progress must be plain, tty or auto, not 'loud'"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
