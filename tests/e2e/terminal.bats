# run -it, exec -it, attach: a real terminal on both sides. script(1) plays the user's.

load lib/daemon
setup_file() {
  start_host
  start_daemon
  minibox run -d --name box busybox sleep 100000
}
teardown_file() { stop_host; }

# open_terminal COMMAND...: a shell line in a terminal of 40 x 100; press KEYS types, what it shows is in $screen.
open_terminal() {
  screen=$dir/screen.$BATS_TEST_NUMBER keys=$dir/keys.$BATS_TEST_NUMBER
  rm -f "$keys" "$screen" && mkfifo "$keys" && touch "$screen"
  script -qefc "stty rows 40 cols 100; $*" "$screen" <"$keys" >/dev/null 2>&1 3>&- &
  terminal=$!
  exec 9>"$keys"
}
press() { printf "$1" >&9; }
shows() { grep -qaF -- "$1" "$screen"; }
await() { wait_until shows "$1" || { cat -v "$screen"; return 1; }; }
# The status that the shell line ended with.
assert_ends_with() {
  local status=0
  exec 9>&-
  wait "$terminal" || status=$?
  assert_equal "$status" "$1"
}
in_terminal() { printf 'nsenter --net=/run/netns/%s %s/minibox' "$host" "$bin"; }

@test "run -it is a terminal of the container's own, of our size, and the exit status is handed on" {
  open_terminal "$(in_terminal) run --rm -it busybox sh"
  press 'tty; stty size; ls -l /dev/console; echo $TERM; id -u\r'
  await /dev/pts/0
  await "40 100"
  await "136,   0"
  press 'exit 7\r'
  assert_ends_with 7
}

@test "Ctrl-C interrupts, Ctrl-Z stops, Ctrl-D ends the input" {
  open_terminal "$(in_terminal) run --rm -it busybox sh"
  press 'sleep 1000\r'
  await "sleep 1000"
  wait_until in_some_container "sleep 1000"
  press '\003'
  press 'echo status $?\r'
  await "status 130"
  press 'sleep 2000\r'
  wait_until in_some_container "sleep 2000"
  press '\032'
  await Stopped
  press 'kill -9 %%1; cat /dev/tty; echo got-$((1+1))\r'
  wait_until in_some_container "cat /dev/tty"
  press 'line\r\004'
  await got-2
  press '\004'
  assert_ends_with 0
}

in_some_container() { ps -eo args | grep -qx "$1"; }

@test "Ctrl-Z does not stop the container's own program: nobody in there could let it go on" {
  open_terminal "$(in_terminal) run --rm -it busybox sh -c 'echo begun; read line; echo got-\$line'"
  await begun
  press '\032'
  await '^Z'
  press 'word\r'
  await got-word
  assert_ends_with 0
}

@test "a resize reaches the program" {
  open_terminal "$(in_terminal) run --rm -it busybox sh -c 'trap \"stty size\" WINCH; echo ready; while :; do sleep 0.1; done'"
  await ready
  stty -F "$(tty_of_client)" rows 50 cols 120
  await "50 120"
  press '\003'
  assert_ends_with 130
}

# The client's own terminal: the one that script(1) made.
tty_of_client() {
  local pid
  for pid in $(ps -o pid= --ppid "$terminal"); do readlink "/proc/$pid/fd/0" | grep /dev/pts/ && return; done
}

@test "what a container writes to its terminal is in its log" {
  open_terminal "$(in_terminal) run --name logged -it busybox echo through the terminal"
  await "through the terminal"
  assert_ends_with 0
  run minibox logs logged
  assert_output --partial "through the terminal"
  minibox rm logged
}

@test "the terminal is as before when the program has ended, failed or was left" {
  open_terminal "$(in_terminal) run --rm -it busybox true; $(in_terminal) run --rm -it busybox nope; $(in_terminal) exec -it box sh; stty -a; echo end"
  await "command not found"
  await "/ # "
  press '\020\021'
  await end
  assert_ends_with 0
  run sed -n '/speed/,$p' "$screen"
  assert_output --regexp ' icanon| icanon '
  refute_output --partial -icanon
  refute_output --partial -echo$'\r'
  refute_output --regexp '(^| )-(echo|isig|opost|icrnl)( |;|$)'
}

@test "a signal that ends the client's program restores the terminal too" {
  open_terminal "$(in_terminal) exec -it box sh -c 'trap \"exit 9\" TERM; echo ready; while :; do sleep 0.1; done'; echo left \$?; stty -a; echo end"
  await ready
  kill -TERM "$(pgrep -f "^$bin/minibox exec -it box sh -c trap")"
  await end
  await "left 9"
  assert_ends_with 0
  run sed -n '/speed/,$p' "$screen"
  refute_output --regexp '(^| )-(icanon|echo|isig|opost)( |;|$)'
}

@test "exec -it: job control, the user owns the terminal, other detach keys" {
  open_terminal "$(in_terminal) exec -it -u 1234 --detach-keys ctrl-a,d box sh"
  press 'id -u; ls -ln $(tty) | cut -c1-40\r'
  await "crw--w----    1 1234     5"
  press 'jobs; sleep 0 & wait; echo still-$((1+1))\r'
  await still-2
  press '\001d'
  assert_ends_with 0
}

@test "-t without -i needs no terminal of ours; -it does" {
  run minibox run --rm -t busybox sh -c 'tty; echo line' </dev/null
  assert_success
  assert_output --partial /dev/pts/0
  run minibox run --rm -it busybox true </dev/null
  assert_failure 125
  assert_output --partial "the input device is not a TTY"
  run minibox exec -it box true </dev/null
  assert_failure 125
  run minibox exec --detach-keys ctrl-1 -t box true
  assert_failure
  assert_output --partial "--detach-keys: 'ctrl-1' is no key"
}

@test "a container that has tampered with its /dev gets no other terminal than its own" {
  minibox run -d --name tamperer busybox sh -c 'rm /dev/ptmx; ln -s /etc/passwd /dev/ptmx; rm -rf /dev/pts/ptmx; mv /dev/pts /pts; echo tampered; exec sleep 100000'
  wait_until logs_contain tamperer tampered
  run minibox exec -t tamperer tty
  assert_success
  assert_output --partial /dev/pts/0
  minibox rm -f tamperer
}

@test "a session goes on when the daemon is killed and started again" {
  open_terminal "$(in_terminal) exec -it box sh"
  press 'echo one-$((1+1))\r'
  await one-2
  kill_daemon
  press 'echo two-$((1+1))\r'
  await two-2
  start_daemon
  press 'echo three-$((1+1))\r'
  await three-2
  press 'exit 4\r'
  assert_ends_with 4
}

@test "run -it left by its detach keys is found again by attach" {
  open_terminal "$(in_terminal) run --name again -it busybox sh"
  press 'echo one-$((1+1))\r'
  await one-2
  press '\020\021'
  assert_ends_with 0
  open_terminal "$(in_terminal) attach again"
  press 'echo two-$((1+1)); stty size\r'
  await two-2
  await "40 100"
  press 'exit 3\r'
  assert_ends_with 3
  minibox rm again
}

@test "a detached terminal waits for its first client" {
  minibox run -d -it --name waiting busybox sh
  open_terminal "$(in_terminal) attach --detach-keys x waiting"
  press 'echo here-$((1+1))\r'
  await here-2
  press x
  assert_ends_with 0
  run minibox attach waiting </dev/null
  assert_failure 125
  assert_output --partial "the input device is not a TTY"
  minibox rm -f waiting
}

@test "old clients: raw bytes both ways after the exact head" {
  local answer=$dir/hijack
  local body='{"id":"box","command":["sh"],"interactive":true}'
  coproc hijack { in_host busybox nc 127.0.0.1 8080 3>&-; }
  printf 'POST /containers/exec HTTP/1.1\r\nHost: minibox\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    ${#body} "$body" >&"${hijack[1]}"
  head -c 59 <&"${hijack[0]}" >"$answer"
  run cat "$answer"
  assert_output "$(printf 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n')"
  printf 'tty; exit\r' >&"${hijack[1]}"
  run timeout 10 cat <&"${hijack[0]}"
  assert_output --partial /dev/pts/
  wait "$hijack_PID" 2>/dev/null || true
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
