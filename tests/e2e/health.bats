# Health checks: what probes say shows in ps and inspect, and they cost the container's life nothing.

load lib/daemon
setup_file() {
  start_host
  start_daemon
  mkdir -p "$dir/share"
  chmod 777 "$dir/share"
  nap=$((RANDOM * 1000 + 100000000)) # seconds of a sleep that no other test's processes sleep
  export nap
}
teardown_file() { stop_host; }

health() { minibox inspect "$1" | jq -r ".[0].State.Health$2"; }
health_is() { [ "$(field "$1" health)" = "$2" ]; }
has_probed() { [ "$(health "$1" '.Log | length')" -ge "$2" ]; }
# run_checked NAME COMMAND OPTIONS...: a container that does nothing but share a folder, probed every 100 ms.
run_checked() {
  minibox run -d --name "$1" -e "nap=$nap" -v "$dir/share:/share" --health-cmd "$2" --health-interval 100ms "${@:3}" busybox \
    sh -c 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done'
}
probe_groups() { find /sys/fs/cgroup -type d -path "*$1/probe-*"; }
no_probe_groups() { [ -z "$(probe_groups "$1")" ]; }
share_has() { [ -e "$dir/share/$1" ]; }
line_count() { cat "$dir/share/$1" 2>/dev/null | wc -l; }
has_lines() { [ "$(line_count "$1")" -ge "$2" ]; }

@test "a container is starting, then healthy, and says so in ps, ps --json, inspect and the API" {
  local id
  id=$(run_checked fit 'test -e /share/ready && echo fine')
  assert_equal "$(field "$id" health)" starting
  touch "$dir/share/ready"
  wait_until health_is "$id" healthy
  run minibox ps
  assert_output --regexp "$id .* running +healthy +- "
  assert_equal "$(in_host curl -sS http://127.0.0.1:8080/containers | jq -r --arg id "$id" '.[$id].health')" healthy
  assert_equal "$(health fit .Status)" healthy
  assert_equal "$(health fit .FailingStreak)" 0
  assert_equal "$(health fit '.Log[-1].ExitCode')" 0
  assert_equal "$(health fit '.Log[-1].Output')" fine
  run health fit '.Log[-1] | .Start <= .End'
  assert_output true
  assert_equal "$(minibox inspect fit | jq -c '.[0].Config.Healthcheck.Test')" '["CMD-SHELL","test -e /share/ready && echo fine"]'
  minibox rm -f fit
  rm "$dir/share/ready"
}

@test "it is unhealthy after as many failures in a row as retries, and healthy again after one success" {
  local id
  id=$(run_checked sick 'echo $((1 + $(cat /share/count 2>/dev/null || echo 0))) >/share/count; echo bad >&2; test -e /share/cured' --health-retries 4)
  wait_until health_is "$id" unhealthy
  assert [ "$(cat "$dir/share/count")" -ge 4 ]
  assert_equal "$(health sick '.Log[-1] | "\(.ExitCode) \(.Output)"')" "1 bad"
  touch "$dir/share/cured"
  wait_until health_is "$id" healthy
  assert_equal "$(health sick .FailingStreak)" 0
  minibox rm -f sick
  rm "$dir/share/cured" "$dir/share/count"
}

@test "the last five probes are kept, with the first 4096 bytes of what each has printed" {
  run_checked chatty "printf '\\033[2J\\233\\177'; head -c 100000 /dev/zero | tr '\\0' x"
  wait_until has_probed chatty 5
  wait_until health_is "$(minibox inspect chatty | jq -r '.[0].Id')" healthy
  assert_equal "$(health chatty '.Log | length')" 5
  assert_equal "$(health chatty '.Log[-1].Output | length')" 4099
  # Nothing of it works on a terminal.
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' inspect chatty | LC_ALL=C grep -c '[^ -~]'"
  assert_output 0
  minibox rm -f chatty
}

@test "failures of the start period do not count, the first success ends it" {
  local id
  id=$(run_checked slow 'echo >>/share/tries; test -e /share/up' --health-retries 1 --health-start-period 1h --health-start-interval 100ms)
  wait_until has_lines tries 4
  assert_equal "$(field "$id" health)" starting
  assert_equal "$(health slow .FailingStreak)" 0
  touch "$dir/share/up"
  wait_until health_is "$id" healthy
  rm "$dir/share/up"
  wait_until health_is "$id" unhealthy
  minibox rm -f slow
}

@test "a probe that takes too long is killed with what it has started, setsid and double forks included" {
  local id pid
  id=$(run_checked hung 'echo begun; setsid sh -c "sh -c \"(sleep $nap &)\"; sleep $nap" & (setsid sleep $nap &); sleep $nap' \
    --health-timeout 1s --health-retries 1)
  wait_until health_is "$id" unhealthy
  run health hung '.Log[0] | "\(.ExitCode) \(.Output)"'
  assert_output --partial "-1 health check exceeded its time-out of 1.0s: begun"
  minibox pause hung
  run pgrep -f "sleep $nap"
  assert_output ""
  assert_equal "$(probe_groups "$id")" ""
  minibox unpause hung
  minibox rm -f hung
}

@test "what a probe leaves in the background ends with it" {
  local id
  id=$(run_checked leaving 'setsid sleep $nap & echo left')
  wait_until health_is "$id" healthy
  minibox pause leaving
  run pgrep -f "sleep $nap"
  assert_output ""
  minibox rm -f leaving
}

@test "a probe is where and what the container is" {
  minibox run -d --name same -e KEPT=yes -u 1234:56 -w /tmp -v "$dir/share:/share" --health-interval 100ms \
    --health-cmd '(id -u; id -g; pwd; echo $KEPT; hostname; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status
      for ns in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$ns; done) >/share/of-probe.new && mv /share/of-probe.new /share/of-probe' \
    busybox sleep 100000
  wait_until share_has of-probe
  minibox exec same sh -c 'id -u; id -g; pwd; echo $KEPT; hostname; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status
      for ns in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$ns; done' >"$dir/of-exec"
  run diff "$dir/of-exec" "$dir/share/of-probe"
  assert_output ""
  minibox rm -f same
}

@test "a program that is not there is a failure that says why" {
  local id
  id=$(in_host curl -sS -H 'Content-Type: application/json' http://127.0.0.1:8080/containers/run -d '{"image": "busybox", "detached": true, "name": "missing",
    "command": ["sleep", "1000"], "healthcheck": {"test": ["CMD", "no-such-probe"], "interval_ms": 100, "retries": 2}}')
  wait_until health_is "$id" unhealthy
  assert_equal "$(health missing '.Log[0].ExitCode')" -1
  run health missing '.Log[0].Output'
  assert_output --partial "command not found: 'no-such-probe'"
  minibox rm -f missing
}

@test "a paused container is not probed, and a probe on its way is ended and forgotten" {
  local id before
  id=$(run_checked paused 'echo >>/share/paused; test ! -e /share/hang || sleep $nap' --health-retries 1)
  wait_until health_is "$id" healthy
  touch "$dir/share/hang"
  wait_until pgrep -f "sleep $nap"
  minibox pause paused
  run pgrep -f "sleep $nap"
  assert_output ""
  before=$(line_count paused)
  rm "$dir/share/hang"
  # Another container's probes are the clock: many of them, and none of the paused one.
  run_checked clock 'echo >>/share/clock'
  wait_until has_lines clock 5
  assert_equal "$(line_count paused)" "$before"
  assert_equal "$(field "$id" health)" healthy
  minibox unpause paused
  wait_until has_lines paused $((before + 2))
  assert_equal "$(health paused ' | [.Log[] | select(.ExitCode != 0)] | length')" 0
  minibox rm -f paused clock
}

@test "stop and rm -f do not wait for a probe, and nothing of it is left" {
  local id start
  id=$(run_checked busy 'trap "" TERM; touch /share/probing; sleep $nap & wait; sleep $nap' --health-timeout 1h)
  wait_until share_has probing
  # Far less than the time-outs of stop and probe: what is waited for is neither.
  start=$SECONDS
  minibox stop -t 100 busy
  assert [ $((SECONDS - start)) -lt 50 ]
  run pgrep -f "sleep $nap"
  assert_output ""
  assert_equal "$(field "$id" health)" none
  wait_until no_probe_groups "$id"
  rm "$dir/share/probing"
  minibox start busy
  assert_equal "$(field "$id" health)" starting
  wait_until share_has probing
  minibox rm -f busy
  run pgrep -f "sleep $nap"
  assert_output ""
  run find /sys/fs/cgroup -type d -name "$id"
  assert_output ""
  rm "$dir/share/probing"
}

@test "a restart begins again at starting" {
  local id
  id=$(run_checked again 'test -e /share/good' --health-retries 1)
  wait_until health_is "$id" unhealthy
  minibox restart -t 5 again
  assert_equal "$(health again .Status)" starting
  assert_equal "$(health again '.Log | length')" 0
  touch "$dir/share/good"
  wait_until health_is "$id" healthy
  minibox rm -f again
  rm "$dir/share/good"
}

@test "a killed daemon's successor goes on probing, and the probe on its way ends" {
  local id
  id=$(run_checked survivor 'echo >>/share/survivor; test ! -e /share/stuck || sleep $nap')
  wait_until health_is "$id" healthy
  touch "$dir/share/stuck"
  wait_until pgrep -f "sleep $nap"
  kill_daemon
  wait_until no_probe_groups "$id"
  run pgrep -f "sleep $nap"
  assert_output ""
  rm "$dir/share/stuck" "$dir/share/survivor"
  start_daemon
  wait_until health_is "$id" healthy
  wait_until has_lines survivor 2
  minibox rm -f survivor
}

@test "--no-healthcheck, bad times and contradictions" {
  local id
  cat >"$dir/MiniBox" <<EOF
BASE busybox
BLOCK only
    RUN true
START sleep 1000
HEALTHCHECK --interval=200ms --timeout=5 --retries=1 --start-period=1m30s --start-interval=100ms test -e /share/alive
EOF
  minibox build -t checked "$dir" >/dev/null
  assert_equal "$(minibox inspect checked | jq -c '.[0].Config.Healthcheck')" \
    '{"Test":["CMD","test","-e","/share/alive"],"Interval":200000000,"Timeout":5000000000,"StartPeriod":90000000000,"StartInterval":100000000,"Retries":1}'
  touch "$dir/share/alive"
  id=$(minibox run -d -v "$dir/share:/share" checked)
  wait_until health_is "$id" healthy
  minibox rm -f "$id"
  id=$(minibox run -d --no-healthcheck checked)
  assert_equal "$(field "$id" health)" none
  assert_equal "$(health "$id" '')" null
  minibox rm -f "$id"
  id=$(minibox run -d --health-interval 1h --health-start-period 1s --health-start-interval 24h checked)
  assert_equal "$(minibox inspect "$id" | jq -c '.[0].Config.Healthcheck | [.Interval, .Timeout]')" '[3600000000000,5000000000]'
  minibox rm -f "$id"
  run minibox run -d --no-healthcheck --health-cmd true busybox true
  assert_failure 2
  run minibox run -d --health-interval 99ms --health-cmd true busybox true
  assert_failure 2
  assert_output --partial "--health-interval: needs a time from 100ms to 24h"
  run minibox run -d --health-interval 10s busybox true
  assert_failure 125
  assert_output --partial "the image has no health check"
  minibox rmi checked
}

@test "a container that stops its probes makes itself unhealthy, and holds nothing up" {
  local id
  id=$(minibox run -d --name stopper --health-cmd 'sleep 1' --health-interval 100ms --health-timeout 500ms --health-retries 2 busybox \
    sh -c 'while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = 1 ] || [ $p = $$ ] || kill -STOP $p 2>/dev/null; done; done')
  wait_until health_is "$id" unhealthy
  minibox rm -f stopper
  run find /sys/fs/cgroup -type d -name "$id"
  assert_output ""
}

@test "many containers with hanging probes hold up neither the API nor the health of others" {
  local ids=() id i
  for i in 1 2 3 4 5 6 7 8; do ids+=("$(minibox run -d --network none --health-cmd "sleep $nap" --health-interval 100ms busybox sleep 1000)"); done
  id=$(run_checked other true)
  wait_until health_is "$id" healthy
  run minibox ping
  assert_success
  minibox rm -f "${ids[@]}" other
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
