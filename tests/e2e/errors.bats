# Every refusal says what was refused, where, and why; and nothing stays behind.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

no_container_left() {
  run minibox ps -a --json
  assert_output "[]"
}

@test "image missing" {
  run minibox run --rm no-such-image:v1 true
  assert_failure 125
  assert_output --partial "[error] minibox:"
  assert_output --partial "no-such-image:v1"
  assert_output --partial "not found"
  no_container_left
}

@test "command missing in the image" {
  run -127 minibox run --rm busybox no-such-command
  assert_output --partial "no-such-command"
  assert_output --partial "cannot start container"
  no_container_left
}

@test "command not executable" {
  run minibox run --rm busybox /etc/passwd
  assert_failure 126
  assert_output --partial "/etc/passwd"
  assert_output --partial "is not executable"
  assert_output --partial "hint:"
  no_container_left
}

@test "port in use by another container" {
  local id
  id=$(minibox run -d -p 18090:80 busybox sleep 1000)
  run minibox run --rm --name second -p 18090:80 busybox true
  assert_failure 125
  assert_output --partial "cannot start container 'second': publish ports: port 18090 on 0.0.0.0 is already in use"
  assert_output --partial "hint: container '$id' publishes it, see 'minibox ps'"
  minibox rm -f "$id"
  run minibox run --rm -p 18090:80 busybox true
  assert_success
}

@test "port in use by a program of the host" {
  exec_in_host busybox nc -l -p 18091 </dev/null >/dev/null 2>&1 3>&- &
  local listener=$!
  wait_until listens 18091
  run minibox run --rm -p 18091:80 busybox true
  kill $listener
  assert_failure 125
  assert_output --partial "publish ports: port 18091 on 0.0.0.0 is already in use"
  assert_output --partial "see 'ss -ltnp sport = :18091'"
  no_container_left
}

@test "start with a port that is in use names container, step and port, each once" {
  local id
  id=$(minibox run -d --name stopped -p 18094:80 busybox sleep 1000)
  minibox kill "$id"
  minibox run -d --name holder -p 18094:80 busybox sleep 1000
  run minibox start stopped
  assert_failure 1
  assert_line --index 0 "[error] minibox: cannot start 'stopped': publish ports: port 18094 on 0.0.0.0 is already in use"
  assert_line --index 1 --partial "see 'minibox ps'"
  run minibox rm -f stopped holder
  assert_success
  no_container_left
}

listens() { in_host ss -Hltn "sport = :$1" | grep -q .; }

@test "bad ports" {
  run minibox run --rm -p 99999:80 busybox true
  assert_failure 2
  assert_output --partial 'port out of range'
  run minibox run --rm -p web:80 busybox true
  assert_failure 2
  assert_output --partial 'non-numeric port'
  run minibox run --rm -p 18092:80/udp busybox true
  assert_failure 2
  assert_output --partial 'tcp'
  run in_host curl -sS -H 'Content-Type: application/json' -d '{"image":"busybox","detached":true,"ports":{"70000":"80"}}' http://127.0.0.1:8080/containers/run
  assert_output --partial 'port out of range'
  refuses_ports '{"70000": "80"}' 'host port "70000": port out of range'
  refuses_ports '{"": "80"}' 'host port "": empty port'
  refuses_ports '{"18092": "http"}' 'container port "http": non-numeric port'
  refuses_ports '{"18092": "80", "127.0.0.1:18092": "81"}' 'host port "18092": published twice'
  refuses_ports "$(jq -nc '[range(20000; 21025) | {(tostring): "80"}] | add')" \
    '1025 published ports are too many: a container has 1024 at most'
  no_container_left
}

# refuses_ports JSON BODY: over HTTP, where no client checks first
refuses_ports() {
  jq -nc --argjson ports "$1" '{image: "busybox", detached: true, ports: $ports}' >"$dir/request.json"
  run in_host curl -sS -w '%{http_code}' -H 'Content-Type: application/json' -d "@$dir/request.json" http://127.0.0.1:8080/containers/run
  assert_line --index 0 "$2"
  assert_line --index 1 400
}

@test "volume source missing" {
  run minibox run --rm -v "$dir/nowhere:/data" busybox true
  assert_failure 125
  assert_output --partial "$dir/nowhere"
  assert_output --partial "does not exist"
  assert [ ! -e "$dir/nowhere" ]
  no_container_left
}

@test "memory limit too small to start" {
  run minibox run --rm -m 1 busybox sh -c 'x=a; while :; do x=$x$x; done'
  assert_failure
  assert [ "$status" -eq 125 -o "$status" -eq 137 ]
  run minibox run --rm -m 0 busybox true
  assert_failure 2
  no_container_left
}

@test "running out of memory is told from being killed" {
  run minibox run --rm -m 16 busybox sh -c 'x=aaaaaaaa; while :; do x=$x$x; done'
  assert_failure 137
  assert_output --partial "ran out of memory"
  run minibox run --rm busybox sh -c 'kill -KILL $$'
  assert_failure 137
  refute_output --partial "out of memory"
  no_container_left
}

@test "two names for the network, an unknown user, an unknown workdir option" {
  run minibox run --rm --network elsewhere busybox true
  assert_failure 2
  assert_output --partial elsewhere
  run minibox run --rm --network none -p 18093:80 busybox true
  assert_failure 125
  assert_output --partial "without network"
  run minibox run --rm -w relative busybox true
  assert_failure
  assert_output --partial relative
  no_container_left
}

@test "context outside the allowed prefixes" {
  mkdir -p "$dir/outside"
  printf 'BASE busybox\nBLOCK one\n    RUN true\n' >"$dir/outside/MiniBox"
  run minibox build -t x -f "$dir/outside/MiniBox" /etc
  assert_failure 1
  assert_output --partial "invalid build context"
  assert_output --partial "not under an allowed prefix"
}

# fails_with WORDS...: builds the MiniBox file on stdin; each word must be in the output
fails_with() {
  rm -rf "$dir/bad"
  mkdir -p "$dir/bad"
  cat >"$dir/bad/MiniBox"
  run minibox build -t bad "$dir/bad"
  assert_failure 1
  local word
  for word in "$@"; do assert_output --partial "$word"; done
}

@test "syntax errors name file and line" {
  fails_with "MiniBox:4" "RUNN" <<'END'
BASE busybox

BLOCK one
    RUNN true
END
  fails_with "MiniBox:2" "BLOCK" "name" <<'END'
BASE busybox
BLOCK
    RUN true
END
  fails_with "BASE" <<'END'
BLOCK one
    RUN true
END
  fails_with "MiniBox:3" "COPY" <<'END'
BASE busybox
BLOCK one
    COPY onlyone
END
}

@test "an unknown block is named with its line" {
  fails_with "MiniBox:3" "nowhere" <<'END'
BASE busybox
BLOCK one
    NEED nowhere
    RUN true
END
}

@test "a cycle is named with its path" {
  fails_with "MiniBox:2" "a -> b -> a" <<'END'
BASE busybox
BLOCK a
    NEED b
    RUN true
BLOCK b
    NEED a
    RUN true
END
}

@test "an unknown base image, a missing COPY source, a missing MiniBox file" {
  fails_with "no-such-base" <<'END'
BASE no-such-base
BLOCK one
    RUN true
END
  fails_with "no-such-file" "MiniBox:3" <<'END'
BASE busybox
BLOCK one
    COPY no-such-file /x
END
  mkdir -p "$dir/empty"
  run minibox build -t x "$dir/empty"
  assert_failure 1
  assert_output --partial "there is no MiniBox file '$dir/empty/MiniBox'"
  assert_output --partial "hint: it says how to build (docs/minibox-file.md); another name: -f FILE"
  echo 'FROM busybox' >"$dir/empty/Dockerfile"
  run minibox build -t x "$dir/empty"
  assert_failure 1
  assert_output --partial "there is no MiniBox file '$dir/empty/MiniBox'; the Dockerfile there is of another format"
  assert_output --partial "hint: docs/minibox-file.md, 'Coming from a Dockerfile', says what becomes what"
  grep -q '^## Coming from a Dockerfile' "$project/docs/minibox-file.md"
  echo >"$dir/empty/MiniBox"
  run minibox build -t x "$dir/empty"
  assert_failure 1
  assert_output --partial "the MiniBox file '$dir/empty/MiniBox' is empty"
}

# Nobody is asked: there is no daemon there.
@test "a wrong value of an option is status 2, before any connection" {
  local line
  mkdir -p "$dir/usage" && printf 'BASE busybox\nBLOCK a\n    RUN true\n' >"$dir/usage/MiniBox"
  while read -r line; do
    MINIBOX_API=http://127.0.0.1:9 run minibox $line
    [ "$status" = 2 ] || fail "$line: status $status, $output"
    refute_output --partial "daemon not running"
  done <<END
build -t x --network host $dir/usage
build -t x --progress loud $dir/usage
build -t x --graph graph.png $dir/usage
build -t x --secret token $dir/usage
build -t x --secret id=token,from=$dir/usage/MiniBox $dir/usage
build -t x --build-arg =1 $dir/usage
build -t x --build-arg NOT_IN_THE_ENVIRONMENT $dir/usage
build -t x --cache-dir kept $dir/usage
build -t x --cache-dir /.. $dir/usage
pull --platform linux/arm64/v8/more busybox
run --network host busybox
run --userns else busybox
run --pull sometimes busybox
run --stop-signal NOPE busybox
logs --tail some box
ps --format {{.Colour}}
END
  MINIBOX_API=http://127.0.0.1:9 run minibox build -t x --secret id=token,src=/no/file "$dir/usage"
  assert_failure 1
}

@test "daemon not running" {
  run env MINIBOX_API=http://127.0.0.1:1 nsenter --net="/run/netns/$host" "$bin/minibox" ps
  assert_failure 1
  assert_output --partial "daemon not running: nobody answers at http://127.0.0.1:1"
  assert_output --partial "hint:"
  assert_output --partial miniboxd
  run env MINIBOX_API=http://127.0.0.1:1 nsenter --net="/run/netns/$host" "$bin/minibox" run busybox true
  assert_failure 125
}

@test "a second daemon on the same data root or address is refused" {
  run in_host timeout 10 "$bin/miniboxd"
  assert_failure 1
  assert_output --partial "daemon exited:"
  run minibox ping
  assert_success
}

@test "a bad setting stops the daemon with the variable's name" {
  run env MINIBOX_SUBNET=nonsense nsenter --net="/run/netns/$host" timeout 10 "$bin/miniboxd"
  assert_failure 1
  assert_output --partial MINIBOX_SUBNET
  run env MINIBOX_DATA_ROOT=relative nsenter --net="/run/netns/$host" timeout 10 "$bin/miniboxd"
  assert_failure 1
  assert_output --partial MINIBOX_DATA_ROOT
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
