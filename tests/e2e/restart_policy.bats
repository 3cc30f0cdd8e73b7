# run --restart: what is started again, when, and what is left alone.

load lib/daemon
setup_file() { start_host; start_daemon; mkdir -p "$dir/lives"; chmod 777 "$dir/lives"; }
teardown_file() { stop_host; }

lives() { cat "$dir/lives/$1" 2>/dev/null | wc -l; }
has_lived() { [ "$(lives "$1")" -ge "$2" ]; }
restart_count() { minibox inspect "$1" | jq '.[0].RestartCount'; }
# Runs container NAME with POLICY; each life adds a line to a file of its name, then does COMMAND.
run_with() { minibox run -d --name "$1" --restart "$2" -v "$dir/lives:/lives" busybox sh -c "echo life >>/lives/$1; $3"; }
# The init of container NAME is killed from outside, as by the kernel: nobody has asked for its end.
end_from_outside() { kill -KILL "$(container_pid "$1")"; }

@test "on-failure:2 gives a failing container three lives" {
  local id
  id=$(run_with failing on-failure:2 'exit 3')
  wait_until has_lived failing 3
  wait_until status_is "$id" exited
  assert_equal "$(field "$id" exit)" 3
  assert_equal "$(lives failing)" 3
  assert_equal "$(restart_count failing)" 2
  minibox start failing
  wait_until has_lived failing 6
  wait_until status_is "$id" exited
  minibox rm failing
}

@test "on-failure:2 counts the starts that fail, too" {
  local id
  mkdir -p "$dir/vanishing"
  id=$(minibox run -d --name unlucky --restart on-failure:2 -v "$dir/vanishing:/data" busybox sleep 1000)
  rmdir "$dir/vanishing"
  end_from_outside "$id"
  wait_until has_restarted unlucky 2
  wait_until status_is "$id" exited
  # Given up for good: with the directory there it would have run.
  mkdir "$dir/vanishing"
  run grep -c "restart of $id: .*vanishing" "$dir/miniboxd.log"
  assert_output 2
  assert_equal "$(restart_count unlucky)" 2
  minibox start unlucky
  minibox rm -f unlucky
}

has_restarted() { [ "$(restart_count "$1")" -ge "$2" ]; }

@test "on-failure leaves a success alone" {
  local id
  id=$(run_with fine on-failure 'exit 0')
  wait_until status_is "$id" exited
  assert_equal "$(lives fine)" 1
  minibox rm fine
}

@test "always restarts a success and what was killed from outside; stop ends it" {
  local id
  id=$(run_with lasting always '[ $(wc -l </lives/lasting) -gt 2 ] || exit 0; exec sleep 1000')
  wait_until has_lived lasting 3
  wait_until status_is "$id" running
  end_from_outside "$id"
  wait_until has_lived lasting 4
  wait_until status_is "$id" running
  run minibox stop -t 0 lasting
  assert_success
  assert_equal "$(field "$id" status)" exited
  assert_equal "$(minibox inspect lasting | jq -c '.[0].HostConfig.RestartPolicy')" '{"Name":"always","MaximumRetryCount":0}'
  minibox rm lasting
}

@test "kill ends it too, and a stop in the delay is a stop" {
  local id
  id=$(run_with flapping always 'exit 1')
  wait_until has_lived flapping 4
  wait_until status_is "$id" restarting
  run minibox rm flapping
  assert_failure 1
  run minibox ps
  assert_output --partial restarting
  run minibox stop flapping
  assert_output "Container $id stopped"
  assert_equal "$(field "$id" status)" exited
  minibox rm flapping
  id=$(run_with killed unless-stopped 'exec sleep 1000')
  minibox kill killed
  assert_equal "$(field "$id" status)" exited
  minibox rm killed
}

@test "what has died while the daemon was away is started again, what was stopped only by always" {
  local dead stopped back pid
  dead=$(run_with dead unless-stopped 'exec sleep 1000')
  stopped=$(run_with stopped unless-stopped 'exec sleep 1000')
  back=$(run_with back always 'exec sleep 1000')
  run_with running always 'exec sleep 1000'
  pid=$(container_pid "$dead")
  minibox stop -t 0 stopped back
  kill_daemon
  kill -KILL "$pid"
  wait_until has_ended "$pid"
  start_daemon
  wait_until status_is "$dead" running
  wait_until status_is "$back" running
  assert_equal "$(field "$stopped" status)" exited
  assert_equal "$(lives running)" 1
  assert_equal "$(lives dead)" 2
  # An adopted container is still under its policy.
  kill -KILL "$(container_pid "$(minibox inspect running | jq -r '.[0].Id')")"
  wait_until has_lived running 2
  minibox rm -f dead stopped back running
}

@test "what was stopped stays so when it can't be started" {
  local id
  mkdir "$dir/tools"
  printf '#!/bin/sh\nexec sleep 1000\n' >"$dir/tools/program"
  chmod 755 "$dir/tools/program"
  id=$(minibox run -d --name stubborn --restart unless-stopped -v "$dir/tools:/tools" busybox /tools/program)
  minibox stop -t 0 stubborn
  chmod 644 "$dir/tools/program"
  run minibox start stubborn
  assert_failure
  chmod 755 "$dir/tools/program"
  kill_daemon
  start_daemon
  assert_equal "$(field "$id" status)" exited
  minibox start stubborn
  assert_equal "$(field "$id" status)" running
  minibox rm -f stubborn
}

@test "a policy that is none, and one together with --rm, are refused" {
  run minibox run -d --restart sometimes busybox true
  assert_failure 125
  assert_output --partial "unknown restart policy 'sometimes'"
  run minibox run -d --restart on-failure:none busybox true
  assert_failure 125
  run minibox run -d --rm --restart always busybox true
  assert_failure 125
}

@test "nothing is left when the daemon has gone, though something waits to be started again" {
  run_with last always 'exit 1'
  wait_until has_lived last 3
  stop_daemon_cleanly
  assert_nothing_left
}
