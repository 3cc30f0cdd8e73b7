# Named volumes: minibox volume, and what containers do with them.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

@test "a volume is made, listed, inspected and removed" {
  run minibox volume create notes
  assert_output notes
  run minibox volume create notes # as in Docker: it is there
  assert_success
  local made
  made=$(minibox volume create)
  run minibox volume ls -q
  assert_output "$(printf '%s\n' "$made" notes | LC_ALL=C sort)"
  run minibox volume inspect notes
  assert_equal "$(jq -r '.[0].Mountpoint' <<<"$output")" "$data/volumes/notes"
  run minibox volume rm notes "$made"
  assert_line "Volume notes removed"
  run minibox volume rm notes
  assert_failure 1
  assert_output --partial "volume not found: 'notes'"
  run minibox volume rm -f notes
  assert_success
  assert_output ""
  run minibox volume ls --json
  assert_output "[]"
}

@test "names that lead elsewhere are refused" {
  local name
  for name in .. ../containers a/b .hidden -- "a b"; do
    run minibox volume create -- "$name"
    assert_failure 1
    assert_output --partial "invalid volume name"
  done
}

@test "a volume in use stays, be its container running or stopped" {
  minibox run -d --name user -v held:/held busybox sleep 1000
  run minibox volume rm held
  assert_failure 1
  assert_output --partial "volume 'held' is in use by 'user'"
  minibox kill user
  minibox volume create unused
  run minibox volume rm -f held
  assert_failure 1
  run minibox volume prune -f
  assert_output "Volume unused removed"
  kill_daemon # the next one knows it too
  start_daemon
  run minibox volume rm held
  assert_failure 1
  minibox rm user
  run minibox volume rm held
  assert_success
  assert [ ! -e "$data/volumes/held" ]
}

@test "prune does not remove without being told to" {
  minibox volume create precious
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' volume prune </dev/null"
  assert_failure 2
  assert_output --partial "give -f"
  run minibox volume ls -q
  assert_output precious
  minibox volume rm precious
}

@test "one volume, and one directory, at two paths" {
  mkdir -p "$dir/shared"
  run minibox run --rm -v twice:/a -v twice:/b:ro -v "$dir/shared:/c" -v "$dir/shared:/d" busybox \
    sh -c 'echo one >/a/file; cat /b/file; echo two >/c/file; cat /d/file; echo x >/b/file'
  assert_line one
  assert_line two
  assert_line --partial "Read-only file system"
  run minibox run --rm -v twice:/a -v "$dir/shared:/a" busybox true
  assert_failure 125
  assert_output --partial "two volumes for '/a'"
  minibox volume rm twice
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
