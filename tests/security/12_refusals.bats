# The attacker tries one thing after another, and hopes that nobody notices, or that the noise fills the disk.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

readonly api=http://127.0.0.1:8080
log_lines() { grep -c -- "$1" "$dir/miniboxd.log" || true; }

@test "a refused request is one line of the daemon's log: what was asked and why not" {
  in_host curl -sS -o /dev/null -H 'Host: once.attacker.example' "$api/containers"
  assert_equal "$(log_lines once.attacker.example)" 1
  run grep once.attacker.example "$dir/miniboxd.log"
  assert_output --partial "GET /containers"
  in_host curl -sS -o /dev/null -H 'Origin: http://twice.attacker.example' -X POST "$api/containers/stop?id=ffffffff"
  assert_equal "$(log_lines twice.attacker.example)" 1
  in_host curl -sS -o /dev/null -H 'Content-Type: text/thrice' -d '{}' "$api/containers/run"
  assert_equal "$(log_lines text/thrice)" 1
}

@test "what is refused can't forge lines of the log, and many refusals are few lines" {
  in_host curl -sS -o /dev/null -H $'Host: a\x1b[2Jb' "$api/forged%0a2026-01-01T00:00:00.000%20error%20forged" || true
  run cat -v "$dir/miniboxd.log"
  refute_output --partial '^['
  refute_line --regexp '^2026-01-01T00:00:00.000 error forged'
  for _ in {1..60}; do in_host curl -sS -o /dev/null -H 'Host: flood.example' "$api/containers"; done
  assert [ "$(log_lines flood.example)" -le 20 ]
}

@test "whoever is refused is told why, once, with the value" {
  run minibox run --rm --cap-add NO_SUCH_CAP busybox true
  assert_failure 125
  assert_equal "$(grep -o NO_SUCH_CAP <<<"$output" | wc -l)" 1
  run minibox run --rm --sysctl kernel.core_pattern=x busybox true
  assert_failure 125
  assert_equal "$(grep -o core_pattern <<<"$output" | wc -l)" 1
  run minibox run --rm -v "$dir:/proc" busybox true
  assert_failure 125
  assert_output --partial "'/proc'"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
