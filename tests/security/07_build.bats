# The attacker writes the MiniBox file and the context, and the victim builds it: names that climb out of the context or out
# of the image, links instead of files, a directory that changes into a link while it is copied, and steps that look
# around on the host.

load lib/attack
setup_file() {
  start_attack_host
  mkdir "$dir/secrets"
  echo top-secret >"$dir/secrets/key"
}
teardown_file() { stop_host; }

# build NAME: a context with links to the secrets, and the MiniBox file from stdin
build() {
  rm -rf "${dir:?}/$1"
  mkdir -p "$dir/$1/real"
  cat >"$dir/$1/MiniBox"
  echo harmless >"$dir/$1/real/file"
  ln -s "$dir/secrets" "$dir/$1/linked"
  ln -s "$dir/secrets/key" "$dir/$1/key"
  ln -s ../secrets "$dir/$1/relative"
  run minibox build --no-cache -t "$1" "$dir/$1"
}

secret_is_in() { minibox run --rm "$1" grep -rs top-secret /copied; }

@test "COPY can't name what is outside the context: .., absolute paths, links in the middle or at the end" {
  local source
  for source in ../secrets/key ../secrets real/../../secrets/key "$dir/secrets/key" /etc/shadow linked/key relative/key 'link*/key' '../*' '*/../../secrets'; do
    build leave <<<"$(printf 'BASE busybox\nBLOCK one\n    COPY %s /copied/\n' "$source")"
    assert_failure
  done
  for source in key linked relative .; do
    build stay <<<"$(printf 'BASE busybox\nBLOCK one\n    COPY %s /copied/\n    COPY real/ /copied/\n' "$source")"
    assert_success
    run secret_is_in stay
    assert_failure
    refute_output --partial top-secret
  done
}

@test "COPY FROM= and a destination can't leave the root of their block" {
  build climb <<END
BASE busybox
BLOCK first
    RUN mkdir -p /sub && ln -s $dir/secrets /sub/out && ln -s $dir/secrets/key /sub/key && ln -s ../../../../../../..$dir/secrets /sub/up
BLOCK second
    COPY FROM=first /sub/out/ /copied/
END
  refute_output --partial top-secret
  build write <<END
BASE busybox
BLOCK first
    RUN ln -s $dir/secrets /out; ln -s ../../../../../../../..$dir/secrets /up
BLOCK second
    NEED first
    COPY real/file /out/planted
    COPY real/file /up/planted
    COPY real/file ../../../../../../../..$dir/secrets/planted
    WORKDIR /out/made
END
  assert_equal "$(ls -A "$dir/secrets")" key
}

@test "names of images, bases and blocks are no paths" {
  local line
  for line in 'BASE ../../etc/passwd' 'BASE /etc/passwd' 'BASE busybox/../../x' 'BASE file:///etc/passwd'; do
    build named <<<"$(printf '%s\nBLOCK one\n    RUN true\n' "$line")"
    assert_failure
    refute_output --partial 'root:'
  done
  for line in '    NEED ../one' '    COPY FROM=../../one /x /y' '    COPY FROM=/etc passwd /y'; do
    build named <<<"$(printf 'BASE busybox\nBLOCK one\n%s\n' "$line")"
    assert_failure
  done
  run minibox build -t ../../evil "$dir/named"
  assert_failure
  run find "$dir" -name '*evil*'
  assert_output ""
}

@test ".miniboxignore is a file of the context or an error, never a link to another" {
  build ignoring <<<"$(printf 'BASE busybox\nBLOCK one\n    COPY real/ /copied/\n')"
  assert_success
  ln -s "$dir/secrets/key" "$dir/ignoring/.miniboxignore"
  run minibox build --no-cache -t ignoring "$dir/ignoring"
  assert_failure
  assert_output --partial ".miniboxignore is not a regular file"
  refute_output --partial top-secret
}

@test "a context that is, or becomes, a link to elsewhere is judged by where it leads" {
  ln -s /etc "$dir/elsewhere"
  printf 'BASE busybox\nBLOCK one\n    COPY shadow /copied/\n' >"$dir/elsewhere.minibox"
  run in_host curl -sS -H 'Content-Type: application/json' -d "$(jq -n --arg context "$dir/elsewhere" \
    --rawfile minibox "$dir/elsewhere.minibox" '{image: "x", $minibox, $context}')" http://127.0.0.1:8080/containers/build
  assert_output --partial "not under an allowed prefix"
}

@test "a racing swapper in the context gets no file of elsewhere into the image" {
  mkdir -p "$dir/race"
  printf 'BASE busybox\nBLOCK one\n    COPY swap/ /copied/\n    COPY swap/key /copied/\n' >"$dir/race/MiniBox"
  mkdir "$dir/race/swap"
  echo harmless >"$dir/race/swap/key"
  "$dir/attackers/swapper" "$dir/race" swap "$dir/secrets" >"$dir/swapper.log" 3>&- &
  local swapper=$!
  wait_until grep -q swapping "$dir/swapper.log"
  for _ in {1..15}; do
    minibox build --no-cache -t race "$dir/race" >/dev/null 2>&1 || continue
    run secret_is_in race
    refute_output --partial top-secret
  done
  kill $swapper
}

@test "RUN sees no process, network, file or device of the host, and no more of the kernel than a container" {
  mkdir -p "$dir/inside"
  cp "$dir/attackers/probe_calls" "$dir/inside/"
  cat >"$dir/inside/MiniBox" <<END
BASE busybox
BLOCK one
    COPY probe_calls /
    RUN echo "processes \$(ls -d /proc/[0-9]* | wc -l)"; kill -0 $daemon && echo KILLABLE; true
    RUN ls /sys/class/net | xargs echo interfaces; cat /proc/mounts | grep -c " $dir" ; true
    RUN grep -E '^(CapEff|CapBnd|CapInh|CapAmb|NoNewPrivs|Seccomp)' /proc/self/status; cat /proc/self/uid_map
    RUN for entry in native i386 x32; do /probe_calls \$entry | grep -E ' 0\$' | xargs echo \$entry; done
    RUN (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null && echo WRITTEN; mknod /n c 1 1 2>/dev/null && head -c 1 /n && echo READ; true
    RUN ls /proc/self/fd | xargs echo descriptors; env | grep MINIBOX && echo LEAKED; true
END
  run minibox build --no-cache -t inside "$dir/inside"
  assert_success
  refute_output --regexp '^\[one\] .*(KILLABLE|WRITTEN|READ|LEAKED)$'
  assert_line --regexp 'processes [1-5]$'
  assert_line --regexp 'interfaces (eth0 lo|lo)$'
  assert_output --regexp 'CapEff:.00000000a80425fb'
  assert_output --regexp 'CapBnd:.00000000a80425fb'
  assert_output --regexp 'CapInh:.0000000000000000'
  assert_output --regexp 'NoNewPrivs:.1'
  assert_output --regexp 'Seccomp:.2'
  assert_line --partial '[one] native getpid 0'
  assert_line --regexp '\[one\] i386$'
  assert_line --regexp '\[one\] x32$'
  assert_line --partial 'descriptors 0 1 2 3'
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
