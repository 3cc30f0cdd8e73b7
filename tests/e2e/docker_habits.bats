# Options and commands that users of Docker reach for.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

@test "kill -s sends another signal, which the program may take as it likes" {
  local id
  id=$(minibox run -d --name taker busybox sh -c 'trap "echo got USR1" USR1; trap "exit 3" HUP; echo ready; while :; do sleep 1000 & wait $!; done')
  wait_until logs_contain taker ready
  run minibox kill -s USR1 taker
  assert_output "Container $id was sent SIGUSR1"
  wait_until logs_contain taker "got USR1"
  run minibox kill --signal=1 taker
  assert_output "Container $id was sent SIGHUP"
  assert_equal "$(minibox wait taker)" 3
  run minibox kill -s NOPE taker
  assert_failure 2
  assert_output --partial "unknown signal 'NOPE'"
  run minibox kill -s HUP taker
  assert_failure 1
  assert_output --partial "container 'taker' is not running"
  run in_host curl -sS -X POST "http://127.0.0.1:8080/containers/kill?id=$id&signal=NOPE"
  assert_output "unknown signal 'NOPE'"
  minibox rm taker
}

@test "start -a streams the output and ends with the exit status" {
  minibox run --name again busybox sh -c 'echo out; echo err >&2; exit 4' || true
  local status=0
  minibox start -a again >"$dir/out" 2>"$dir/err" || status=$?
  assert_equal "$status" 4
  assert_equal "$(<"$dir/out") $(<"$dir/err")" "out err"
  run minibox start -a again no-such-container
  assert_failure 2
  minibox rm again
  minibox run -d --name reader -i busybox sh -c 'read line; echo "read $line"'
  run minibox start -a reader
  assert_failure 1
  assert_output --partial "already running"
  minibox kill reader
  run bash -c "echo words | nsenter --net=/run/netns/$host '$bin/minibox' start -ai reader"
  assert_output "read words"
  minibox rm reader
}

@test "--entrypoint takes the place of the image's, and its command goes with it" {
  mkdir -p "$dir/entry"
  printf 'BASE busybox\nBLOCK app\n    RUN mkdir /app\nSTART echo from the image\n' >"$dir/entry/MiniBox"
  minibox build -t entry "$dir/entry"
  run minibox run --rm entry
  assert_output "from the image"
  run minibox run --rm --entrypoint echo entry from here
  assert_output "from here"
  run minibox run --rm --entrypoint /bin/true entry
  assert_output ""
  run minibox run --rm --entrypoint '' entry
  assert_failure 125
  assert_output --partial "no command provided"
  run minibox history entry
  assert_line --partial "CREATED BY"
  assert [ "${#lines[@]}" -gt 1 ]
  minibox rmi entry
}

@test "--env-file: lines, comments, names alone, and -e counts more" {
  printf '# comment\nA=one\n\n  B=two words \nFROM_HERE\nNOT_THERE\nC="quoted"\r\n' >"$dir/env"
  FROM_HERE=taken run minibox run --rm --env-file "$dir/env" -e A=three busybox sh -c 'echo "$A|$B|$FROM_HERE|${NOT_THERE-none}|$C"'
  assert_output 'three|two words |taken|none|"quoted"'
  run minibox run --rm --env-file "$dir/no-such-file" busybox true
  assert_failure 2
  assert_output --partial "--env-file: read('$dir/no-such-file')"
  echo '=broken' >"$dir/env"
  run minibox run --rm --env-file "$dir/env" busybox true
  assert_failure 2
}

@test "labels are kept, shown and filtered by" {
  minibox run -d --name front -l tier=front --label blue busybox sleep 1000
  minibox run --name back -l tier=back busybox true
  assert_equal "$(minibox inspect front | jq -c '.[0].Config.Labels')" '{"blue":"","tier":"front"}'
  run minibox ps -a --filter label=tier=back --format '{{.Names}} {{.Labels}} {{.Status}}'
  assert_output "back tier=back exited"
  run minibox ps --filter label=tier --format '{{.Names}}'
  assert_output front
  run minibox ps -q -f status=exited -f name=ac
  assert_output "$(minibox inspect back | jq -r '.[0].Id')"
  run minibox ps -f colour=red
  assert_failure 2
  run minibox ps --format '{{.Nope}}'
  assert_failure 2
  kill_daemon
  start_daemon
  assert_equal "$(minibox inspect front | jq -r '.[0].Config.Labels.tier')" front
  minibox rm -f front back
}

@test "--add-host and --dns" {
  run minibox run --rm --add-host db:10.9.8.7 --add-host six:fd00::1 --dns 10.1.1.1 --dns 10.1.1.2 busybox cat /etc/hosts /etc/resolv.conf
  assert_line $'10.9.8.7\tdb'
  assert_line $'fd00::1\tsix'
  assert_line "nameserver 10.1.1.1"
  assert_equal "$(grep -c nameserver <<<"$output")" 2
  local bad
  for bad in db db: :10.0.0.1 db:host 'two words:10.0.0.1'; do
    run minibox run --rm --add-host "$bad" busybox true
    assert_failure 125
  done
  run minibox run --rm --dns $'10.0.0.1\noptions x' busybox true
  assert_failure 125
  assert_output --partial "is not an address"
}

@test "port, images -q, info" {
  minibox run -d --name served -p 127.0.0.1:8123:80 -p 8124:81 busybox sleep 1000
  run minibox port served
  assert_output $'80/tcp -> 127.0.0.1:8123\n81/tcp -> 0.0.0.0:8124'
  run minibox port served 80
  assert_output 127.0.0.1:8123
  run minibox port served 82/tcp
  assert_failure 1
  assert_output --partial "is not published"
  assert_equal "$(minibox images -q)" "$(minibox images --json | jq -r '.[].id')"
  run minibox info
  assert_line "Containers: 1"
  assert_line " Running: 1"
  assert_line "Images: $(minibox images --json | jq length)"
  minibox rm -f served
}

@test "-w of a missing directory: run makes it, exec does not" {
  minibox run -d --name places -w /made/here busybox sleep 1000
  run minibox exec places pwd
  assert_output /made/here
  run minibox exec -w /not/there places pwd
  assert_failure
  assert_output --partial "chdir('/not/there')"
  run minibox exec places ls /not
  assert_failure
  minibox rm -f places
}

@test "stop -t 0 is no timeout" {
  local id
  id=$(minibox run -d busybox sleep 1000)
  run minibox stop -t 0 "$id"
  assert_output "Container $id stopped"
  minibox rm "$id"
}

@test "what can't be had is refused: more processors than there are, capabilities over the network" {
  run minibox run --rm --cpus 4000 busybox true
  assert_failure 125
  assert_output --partial "range of CPUs is from 0.01 to $(nproc).00, as there are only $(nproc) CPUs available"
  minibox run -d --name small busybox sleep 1000
  run minibox update --cpus 4000 small
  assert_failure 1
  assert_output --partial "range of CPUs"
  minibox rm -f small
  run minibox run --rm --cap-add NET_ADMIN busybox true
  assert_failure 125
  assert_output --partial "CAP_NET_ADMIN would have no effect"
  run minibox run --rm --cap-add ALL busybox echo fine
  assert_output fine
}

@test "a file system that can't be idmapped is named, with the way out" {
  run minibox run --rm -v /sys/kernel:/data:ro busybox true
  assert_failure 125
  assert_output --partial "idmap '/sys/kernel', on file system sysfs"
  assert_output --partial "can't be idmapped"
  assert_output --partial "--userns host"
}

@test "a failed build is told once" {
  mkdir -p "$dir/broken"
  printf 'BASE busybox\nBLOCK app\n    RUN exit 7\nSTART true\n' >"$dir/broken/MiniBox"
  run minibox build -t broken "$dir/broken"
  assert_failure 1
  assert_equal "$(grep -c 'exit status 7' <<<"$output")" 1
  assert_line "[error] minibox: image 'broken' was not built"
}

@test "a build has one name, and says so" {
  run minibox build -t one -t two "$project/examples/hello"
  assert_failure 2
  assert_output --partial "a build gives one name, not 'one' and 'two': minibox tag gives more"
}

@test "import of nothing, as from a failed pipe, makes no image" {
  run minibox import - nothing </dev/null
  assert_failure 1
  assert_output --partial "import: the archive is empty"
  run minibox inspect nothing
  assert_failure
}

@test "exec of a container that does not run, in the words of the API" {
  minibox run --name resting busybox true
  run in_host curl -sS -w '%{http_code}' -H 'Content-Type: application/json' -d '{"id":"resting","command":["true"]}' http://127.0.0.1:8080/containers/exec
  assert_output $'Container is not running\n400'
  minibox rm resting
}

said_ready() { [ "$(minibox logs "$1")" = ready ]; }

# Tells which signal has ended it.
readonly SAYS_SIGNAL='for s in TERM INT USR1; do trap "echo $s; exit 0" $s; done; echo ready; while :; do sleep 0.05; done'

@test "stop sends --stop-signal, or the image's STOPSIGNAL, or TERM" {
  minibox run --name worker busybox true
  minibox commit -c 'STOPSIGNAL SIGINT' worker stops-by-int
  minibox run -d --name by-image stops-by-int sh -c "$SAYS_SIGNAL"
  minibox run -d --name by-hand --stop-signal usr1 stops-by-int sh -c "$SAYS_SIGNAL"
  minibox run -d --name by-default busybox sh -c "$SAYS_SIGNAL"
  local name
  for name in by-image by-hand by-default; do
    wait_until said_ready "$name"
    minibox stop "$name"
  done
  assert_equal "$(minibox logs by-image | tail -n 1)" INT
  assert_equal "$(minibox logs by-hand | tail -n 1)" USR1
  assert_equal "$(minibox logs by-default | tail -n 1)" TERM
  minibox rm worker by-image by-hand by-default
}

@test "an unknown stop signal is refused, the image's too, and real-time signals are known" {
  run minibox run --stop-signal NOPE busybox true
  assert_failure 2
  assert_output --partial "--stop-signal: unknown signal 'NOPE'"
  run in_host curl -sS -H 'Content-Type: application/json' -d '{"image": "busybox", "stop_signal": "NOPE"}' http://127.0.0.1:8080/containers/run
  assert_output --partial "field 'stop_signal': unknown signal 'NOPE'"
  minibox run --name worker busybox true
  run minibox commit -c 'STOPSIGNAL SIGNOPE' worker stops-by-nope
  assert_failure
  assert_output --partial "unknown signal 'SIGNOPE'"
  minibox commit -c 'STOPSIGNAL SIGRTMIN+3' worker stops-by-37
  minibox run -d --name systemd-like stops-by-37 sh -c 'trap "echo got 37; exit 0" 37; echo ready; while :; do sleep 0.05; done'
  assert_equal "$(minibox inspect systemd-like | jq -r '.[0].Config.StopSignal')" SIGRTMIN+3
  wait_until said_ready systemd-like
  minibox stop systemd-like
  assert_equal "$(minibox logs systemd-like | tail -n 1)" "got 37"
  minibox rm worker systemd-like
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
