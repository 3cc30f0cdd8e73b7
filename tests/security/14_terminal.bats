# The attacker knows that somebody will look: names of processes, files and commands hold escape sequences that change
# what a terminal shows, set its title or type into it. What a program writes itself (logs, run) is passed on as it is.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

readonly sequence=$'\e]0;evil\a\e[2J'

@test "lists of processes, files and containers show no control character of a container" {
  minibox run -d --name hostile busybox sh -c 'touch "/file$0"; echo ready; sleep 1000; :' "$sequence" >/dev/null
  wait_until logs_contain hostile ready
  for list in "top hostile" "diff hostile" "ps" "ps -a" "inspect hostile" "ps --json"; do
    run minibox $list
    assert_success
    refute_output --regexp $'[\e\a]'
  done
  run minibox diff hostile
  assert_output --partial evil
  run minibox top hostile
  assert_output --partial evil
  minibox rm -f hostile
}

@test "error messages quote what they repeat" {
  mkdir "$dir/words"
  printf 'BASE busybox\nBLOCK one\n    COPY no%s /x\n' "$sequence" >"$dir/words/MiniBox"
  for command in "run --rm no$sequence true" "run --rm busybox no$sequence" "run --rm -u no$sequence busybox true" \
    "run --rm -v /no$sequence:/x busybox true" "rm no$sequence" "cp no$sequence:/x -" "build -t words $dir/words" "no$sequence"; do
    run -1 --separate-stderr in_any_way minibox $command
    refute_regex "$output$stderr" $'[\e\a]'
  done
}

refute_regex() { [[ ! $1 =~ $2 ]] || fail "control characters: $(cat -v <<<"$1")"; }

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
