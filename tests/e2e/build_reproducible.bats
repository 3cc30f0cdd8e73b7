# The same inputs give the same image, wherever and whenever it is built.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

# make_context DIRECTORY TIME: files of that time, named in another order each
make_context() {
  mkdir -p "$1/src/sub"
  cat >"$1/MiniBox" <<'END'
BASE busybox
BLOCK data
    COPY src /data/
    COPY src/run.sh /usr/bin/run
BLOCK made
    RUN mkdir /made && for i in 3 1 2; do echo $i >/made/$i; done && ln -s 1 /made/link && ln /made/2 /made/hard && chown 5:6 /made/3
    RUN chmod 700 /made && rm /bin/vi && mkdir -p /etc/deep/er && mkfifo /made/fifo
BLOCK app
    NEED data
    NEED made
    WORKDIR /srv
    ENV B=2 A=1
    RUN date -u +%Y -r /made/1; env | grep SOURCE_DATE_EPOCH >/srv/epoch
START /usr/bin/run
END
  local name
  for name in $(printf '%s\n' b c a | shuf); do echo "$name" >"$1/src/sub/$name"; done
  printf '#!/bin/sh\nls /data\n' >"$1/src/run.sh"
  chmod 755 "$1/src/run.sh"
  find "$1" -exec touch -h -d "$2" {} +
}

digest_of() { minibox images --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .digest'; }

# A second daemon with nothing in common but the program: another data root, made later.
with_fresh_daemon() {
  stop_daemon_cleanly
  MINIBOX_DATA_ROOT=$dir/$1 start_daemon
}

@test "two data roots, other times, other file times: one manifest digest" {
  make_context "$dir/one/app" '2020-02-03 04:05:06'
  make_context "$dir/two/app" '2025-10-11 12:13:14.567'
  minibox build -t app "$dir/one/app"
  local first stamped
  first=$(digest_of app)
  assert [ -n "$first" ]
  SOURCE_DATE_EPOCH=1600000000 minibox build -t stamped "$dir/one/app"
  stamped=$(digest_of stamped)
  refute [ "$first" = "$stamped" ]

  with_fresh_daemon other-data
  run minibox build -t app "$dir/two/app"
  assert_success
  assert_line "[dag-summary] blocks=3 cached=0 built=3"
  assert_equal "$(digest_of app)" "$first"
  SOURCE_DATE_EPOCH=1600000000 minibox build -t stamped "$dir/two/app"
  assert_equal "$(digest_of stamped)" "$stamped"
  run minibox build --no-cache -t app "$dir/one/app"
  assert_line "[dag-summary] blocks=3 cached=0 built=3"
  assert_equal "$(digest_of app)" "$first"

  # What a container sees of the image is what its layers say.
  run minibox run --rm stamped sh -c 'stat -c %Y /data /data/sub/a /made /made/link /made/hard /etc/deep /srv; cat /srv/epoch; stat -c "%u:%g %a" /made/3 /made'
  assert_output "$(for i in 1 2 3 4 5 6 7; do echo 1600000000; done)"$'\nSOURCE_DATE_EPOCH=1600000000\n5:6 644\n0:0 700'
  run minibox inspect stamped
  assert_output --partial '"Created": "2020-09-13T12:26:40'
  run minibox images --json
  assert_success
  refute [ "$(jq -r '.[] | select(.name == "app") | .created' <<<"$output")" = null ]
}

@test "a SOURCE_DATE_EPOCH that is none is refused" {
  make_context "$dir/three" now
  SOURCE_DATE_EPOCH=yesterday run minibox build -t x "$dir/three"
  assert_failure
  assert_output --partial "SOURCE_DATE_EPOCH 'yesterday' is no number of seconds"
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
