# CVE-2024-21626 ("Leaky Vessels"): a descriptor of a host directory that is still open while the container is set up
# becomes its working directory, by -w or WORKDIR /proc/self/fd/N, and from there ../../.. is the host's root. Also: what
# else the set-up hands on, descriptors and environment.

load lib/attack
setup_file() {
  export MINIBOX_TEST_SECRET=from-the-daemons-environment
  start_attack_host
  unset MINIBOX_TEST_SECRET
  touch "$dir/host-marker"
}
teardown_file() { stop_host; }

# The directories above a working directory, as far as they go: is the host's test directory among them?
readonly look_up='pwd; up=.; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
  for name in $up'"/tmp"' $up; do [ ! -e "$name/${1#/tmp/}/host-marker" ] || echo "HOST REACHED"; done
  [ ! -e "$up/proc/1/root/$1" ] || echo "HOST REACHED"; up=$up/..; done'

@test "CVE-2024-21626: no working directory /proc/self/fd/N leads out" {
  local fd
  for fd in {0..24}; do
    run minibox run --rm -w "/proc/self/fd/$fd" busybox sh -c "$look_up" sh "$dir"
    refute_output --partial "HOST REACHED"
    refute_output --partial "unreachable"
  done
  for path in /proc/1/cwd /proc/1/root /proc/self/cwd /proc/self/task/1/cwd /proc/1/root/../../.. ../../.. /..; do
    run minibox run --rm -w "$path" busybox sh -c "$look_up" sh "$dir"
    refute_output --partial "HOST REACHED"
  done
}

@test "CVE-2024-21626: nor does one that an image's symlink hides" {
  mkdir "$dir/leak"
  for fd in {3..12}; do ln -s "/proc/self/fd/$fd" "$dir/leak/wd$fd"; done
  printf 'BASE busybox\nBLOCK one\n    COPY . /links/\n' >"$dir/leak/MiniBox"
  minibox build -t leak "$dir/leak"
  for fd in {3..12}; do
    run minibox run --rm -w "/links/wd$fd" leak sh -c "$look_up" sh "$dir"
    refute_output --partial "HOST REACHED"
  done
}

@test "CVE-2024-21626: WORKDIR of a build step does not lead out either" {
  local fd
  mkdir "$dir/step"
  for fd in {3..12}; do
    printf 'BASE busybox\nBLOCK one\n    WORKDIR /proc/self/fd/%d\n    RUN [ ! -e ../../../../../../../..%s/host-marker ] || echo HOST REACHED\n' \
      "$fd" "$dir" >"$dir/step/MiniBox"
    run minibox build --no-cache -t step "$dir/step"
    refute_line --regexp '^[^>]*HOST REACHED$'
  done
}

@test "every process has the descriptors 0 to 2 and nothing of the host behind them" {
  run minibox run --rm busybox sh -c 'for fd in /proc/1/fd/* /proc/$$/fd/*; do echo "$fd $(readlink $fd)"; done'
  refute_output --regexp '/fd/([3-9]|[1-9][0-9]+) (/|anon_inode|socket)'
  refute_output --partial "$dir"
}

@test "nothing of the daemon's environment is inside, in no process" {
  run minibox run --rm -e MINE=1 busybox sh -c 'sleep 9 & cat /proc/[0-9]*/environ | tr "\0" "\n" | sort -u'
  assert_line MINE=1
  refute_output --partial from-the-daemons-environment
  refute_output --partial MINIBOX_
}

@test "/proc/1/environ shows nothing of ours" {
  run minibox run --rm busybox sh -c 'cat /proc/1/environ /proc/1/cmdline | tr "\0" "\n"'
  refute_output --partial MINIBOX_
  refute_output --partial "$dir"
  refute_output --partial "$bin"
}

@test "a secret given with -e is in no command line of the host, and its file is the daemon's alone" {
  local id
  id=$(minibox run -d -e "PASSWORD=open-sesame-$$" busybox sleep 1000)
  run grep -lasz "open-sesame-$$" /proc/[0-9]*/cmdline
  assert_output ""
  assert_equal "$(stat -c '%a' "$data")" 700
  run find "$data/containers/$id" -maxdepth 1 -type f \( -name 'config.json' -o -name 'state.json' \) -not -perm 600
  assert_output ""
  run as_nobody cat "$data/containers/$id/config.json"
  assert_failure
  refute_output --partial open-sesame
  minibox rm -f "$id"
}

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

@test "another user of the host reads nothing below the data root and can't use the socket" {
  run as_nobody find "$data" -mindepth 1
  refute_line --regexp "^$data/"
  run as_nobody nsenter --help
  assert_success
  run as_nobody curl -sS --max-time 2 --unix-socket "$MINIBOX_SOCKET" http://minibox/containers
  assert_failure
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
