# run --lazy: images that run before they are here.

load lib/daemon
load lib/registry
load lib/trees

# A registry on 5000, with the proxy before it on 5001. What is wanted of an image there: localhost:5001/team/NAME:1.
setup_file() {
  start_host
  timeout_ms=3000 use_registries
  start_registry plain 5000
  start_proxy 5001 5000
  start_basic_registry
  start_daemon
  make_images
}
teardown_file() { stop_host; }

# "app": a few small files and one that does not compress. "odd": what trees.bash has, in two layers.
make_images() {
  mkdir -p "$dir/app"
  head -c 12000000 /dev/urandom >"$dir/app/noise"
  seq 1 100000 >"$dir/app/text"
  printf 'BASE busybox\nBLOCK one\n    COPY noise /noise\n    COPY text /text\nSTART tail -1 /text\n' >"$dir/app/MiniBox"
  minibox build -t app "$dir/app" >/dev/null
  publish app app
  make_odd_image >/dev/null
  minibox rm reference >/dev/null
  publish odd:2 odd
  minibox rmi odd:2 first app >/dev/null
  printf '%s\n' "$(blob_of app)" "$(blob_of odd 0)" "$(blob_of odd 1)" | sed 's/sha256://' >"$dir/layers"
  minibox system prune --build-cache >/dev/null
}
publish() {
  minibox tag "$1" "localhost:5000/team/$2:1" && minibox push "localhost:5000/team/$2:1" >/dev/null
  minibox rmi "localhost:5000/team/$2:1" >/dev/null
}

app=localhost:5001/team/app:1
odd=localhost:5001/team/odd:1

setup() {
  timeout_ms=3000 registries_json
  rule 5001
}

# Nothing of an image is here any more, and nobody shows it.
forget_all() {
  local id name
  for id in $(container_ids); do minibox rm -f "$id" >/dev/null; done
  deadline_seconds=60 wait_until no_pull
  deadline_seconds=60 wait_until indexed
  for name in $(minibox images --json | jq -r '.[].name | select(contains("/team/"))'); do minibox rmi "$name" >/dev/null; done
  deadline_seconds=60 wait_until all_gone
  wait_until nothing_lazy
}
# Layers that came are indexed in the background: an index that comes late would be known the next time.
indexed() {
  local layer
  for layer in $(<"$dir/layers"); do [ ! -e "$data/blobs/sha256/$layer" ] || [ -e "$data/indexes/$layer" ] || return 1; done
}
all_gone() {
  local layer
  minibox system prune --build-cache
  for layer in $(<"$dir/layers"); do [ ! -e "$data/blobs/sha256/$layer" ] || return 1; done
}
nothing_lazy() { [ -z "$(lazy_mounts)$(lazy_processes)$(ls "$data/lazy")" ]; }
lazy_mounts() { grep -c " $data/lazy/" /proc/self/mountinfo | grep -v '^0$' || true; }
# Servers, and the processes beside them that name backing files.
lazy_processes() {
  local pid
  for pid in $(ip netns pids "$host"); do
    case $(readlink "/proc/$pid/exe") in */minibox-lazy) echo "$pid" ;; esac
  done
}
lazy_servers() {
  local pid
  for pid in $(lazy_processes); do
    [ "$(<"/proc/$pid/comm")" != minibox-lazy ] || echo "$pid"
  done
}
# The pulls in the background log beginning and end; those of a killed daemon don't count.
no_pull() {
  awk '/^--- killed/ {n = 0} /fetching the rest/ {n++} /which runs already/ {n--} END {exit n != 0}' "$dir/miniboxd.log"
}
blob_of() { manifest_json "team/$1" 1 | jq -r ".layers[${2:--1}].digest"; }
end_daemon() {
  kill_daemon
  echo '--- killed' >>"$dir/miniboxd.log"
}
# From now on this image's layers come in parts only: nothing but a FUSE view can show them.
parts_only() { rule 5001 "whole 1000 whole:$(blob_of "$1") status 503" "${@:2}"; }
has_failed() { no_pull && grep -q "image '$1' (.*), which runs already.*: " "$dir/miniboxd.log"; }
is_whole() { minibox images --json | jq -e --arg name "$1" 'any(.[]; .name == $name)'; }

@test "a program runs while its image is not here, which comes as a whole meanwhile" {
  run minibox run --rm --lazy "$app"
  assert_success
  assert_output 100000
  run requests 5001
  assert_output --partial "range=bytes="
  deadline_seconds=60 wait_until is_whole "$app"
  wait_until nothing_lazy
  run minibox run --rm --lazy "$app"
  assert_output 100000
  wait_until nothing_lazy
  forget_all
}

@test "what comes in parts is fetched in parts, and what nobody reads is not" {
  parts_only app
  run minibox run --rm --lazy "$app"
  assert_output 100000
  local fetched
  fetched=$(requests 5001 | sed -n 's/.*range=bytes=\([0-9]*\)-\([0-9]*\)$/\1 \2/p' | awk '{sum += $2 - $1 + 1} END {print sum}')
  [ "$fetched" -lt 6000000 ] || fail "$fetched bytes were fetched"
  wait_until has_failed "$app"
  forget_all
}

@test "a lazy container sees the tree that unpacking gives" {
  parts_only odd "base 1000 whole:$(blob_of odd 0) status 503"
  minibox run --name view --lazy "$odd"
  run minibox export -o "$dir/view.tar" view
  assert_success
  expand view
  run assert_same_trees "$dir/view/odd" "$dir/reference/odd"
  assert_success
  rm -rf "$dir/view" "$dir/view.tar"
  forget_all
}

@test "inside a lazy container everything is as ever: exec, cp, diff, restart, stop" {
  parts_only app
  minibox run -d --lazy --name web "$app" sh -c 'echo started; exec sleep 1000'
  run minibox exec web sha256sum /noise
  assert_output --partial "$(sha256sum <"$dir/app/noise" | cut -d' ' -f1)"
  run minibox exec web sh -c 'echo more >>/text && tail -2 /text && rm /noise && ls /'
  assert_line --index 0 100000
  assert_line --index 1 more
  refute_line noise
  minibox cp web:/text "$dir/text"
  run tail -1 "$dir/text"
  assert_output more
  minibox restart -t 0 web
  run minibox exec web tail -1 /text
  assert_output more
  minibox stop -t 0 web
  wait_until nothing_lazy
  minibox cp web:/bin/busybox "$dir/busybox"
  run minibox diff web
  assert_line "D /noise"
  run minibox commit web changed
  assert_failure
  assert_output --partial "has not come as a whole yet"
  rule 5001
  minibox start web
  run minibox exec web tail -1 /text
  assert_output more
  deadline_seconds=60 wait_until is_whole "$app"
  minibox commit web changed
  run minibox run --rm changed tail -1 /text
  assert_output more
  minibox rmi changed || true
  forget_all
}

@test "what is unpacked meanwhile is read from there: the registry may go" {
  minibox run -d --lazy --name web "$app" sleep 1000
  deadline_seconds=60 wait_until is_whole "$app"
  rule 5001 "all 1000 /v2/ status 503"
  run minibox exec web sha256sum /noise
  assert_output --partial "$(sha256sum <"$dir/app/noise" | cut -d' ' -f1)"
  wait_until nothing_mounted_here
  forget_all
}
nothing_mounted_here() { [ -z "$(lazy_mounts)" ]; }

@test "what needs an image that is on its way says so, and goes as soon as it is here" {
  local words="image '$app' has not come as a whole yet" use
  parts_only app
  minibox run -d --lazy --name web "$app" sleep 1000
  for use in "inspect $app" "history $app" "tag $app mine" "save $app $dir/app.tar" "push $app"; do
    run minibox $use
    assert_failure
    assert_output --partial "$words"
    assert_line "hint: try again when it has, or pull it: minibox pull $app"
  done
  run minibox inspect localhost:5001/team/other:1
  refute_output --partial "as a whole"
  wait_until has_failed "$app"
  minibox rm -f web
  run minibox inspect "$app"
  assert_output --partial "image not found: '$app'"

  rule 5001 "later 1000 whole:$(blob_of app) stall 60"
  minibox run --rm --lazy "$app"
  run minibox inspect "$app"
  assert_output --partial "$words"
  rule 5001
  minibox pull "$app"
  minibox tag "$app" mine
  minibox rmi mine
  forget_all
}

@test "two containers share the mounts of one image" {
  parts_only app
  minibox run -d --lazy --name one "$app" sleep 1000
  minibox run -d --lazy --name two "$app" sleep 1000
  [ "$(lazy_servers | wc -l)" = 1 ]
  minibox exec one sha256sum /noise >"$dir/one" &
  minibox exec two sha256sum /noise >"$dir/two"
  wait $!
  run cmp "$dir/one" "$dir/two"
  assert_success
  minibox rm -f one
  run minibox exec two tail -1 /text
  assert_output 100000
  forget_all
}

@test "without an index the image is pulled first, and one line says why" {
  local manifest
  manifest=$(manifest_json team/app 1 | jq -c 'del(.layers[].annotations)')
  put_manifest team/app bare <<<"$manifest"
  run --separate-stderr minibox run --rm --lazy localhost:5001/team/app:bare
  assert_success
  assert_output 100000
  [ "$(grep -c "can't be run before it is pulled: its layer .* has no index: the manifest names none" <<<"$stderr")" = 1 ]
  [[ $stderr == *"[pull] successfully pulled"* ]]
  forget_all
}

@test "an index that is not in the registry, or another one: the image is pulled first" {
  local manifest wrong
  for wrong in "sha256:$(printf '1%.0s' {1..64})" "$(blob_of odd)"; do
    manifest=$(manifest_json team/app 1 |
      jq -c --arg index "$wrong" '.layers[].annotations["minibox.layer-index"] = $index')
    put_manifest team/app wrong <<<"$manifest"
    run --separate-stderr minibox run --rm --lazy localhost:5001/team/app:wrong
    assert_success
    assert_output 100000
    [[ $stderr == *"can't be run before it is pulled"* ]] || fail "$wrong: $stderr"
    forget_all
  done
}

get_blob() { in_host curl -sS "http://localhost:5000/v2/$1/blobs/$2"; }

is_pruned() { minibox system prune --build-cache; [ ! -e "$data/blobs/sha256/${1#sha256:}" ]; }

# publish_impostor: an image whose config and index say that its last layer is that of app
publish_impostor() {
  local manifest own theirs index config
  theirs=$(manifest_json team/app 1 | jq -r .config.digest)
  theirs=$(get_blob team/app "$theirs" | jq -r '.rootfs.diff_ids[-1]')
  mkdir -p "$dir/evil"
  seq 1 100 >"$dir/evil/text"
  printf 'BASE busybox\nBLOCK one\n    COPY text /text\nSTART sleep 1000\n' >"$dir/evil/MiniBox"
  minibox build -t evil "$dir/evil" >/dev/null
  publish evil evil
  minibox rmi evil >/dev/null
  wait_until is_pruned "$(blob_of evil)"
  manifest=$(manifest_json team/evil 1)
  config=$(get_blob team/evil "$(jq -r .config.digest <<<"$manifest")")
  own=$(jq -r '.rootfs.diff_ids[-1]' <<<"$config")
  index=$(get_blob team/evil "$(jq -r '.layers[-1].annotations["minibox.layer-index"]' <<<"$manifest")" | zstd -dc |
    sed "1s/${own#sha256:}/${theirs#sha256:}/" | zstd -c | put_blob team/evil)
  config=$(sed "s/${own#sha256:}/${theirs#sha256:}/" <<<"$config" | put_blob team/evil)
  manifest=$(jq -c --arg config "$config" --arg index "$index" --argjson size "$(get_blob team/evil "$config" | wc -c)" \
    '.config.digest = $config | .config.size = $size | .layers[-1].annotations["minibox.layer-index"] = $index' <<<"$manifest")
  put_manifest team/evil 1 <<<"$manifest"
}

@test "an image that claims another's layer is not taken for it" {
  publish_impostor
  minibox run -d --lazy --name impostor localhost:5000/team/evil:1 sleep 1000
  run --separate-stderr minibox run --rm --lazy "$app"
  assert_success
  assert_output 100000
  run minibox run --rm "$app"
  assert_output 100000
  [ "$(minibox ps --json | jq -r '.[].image')" = localhost:5000/team/evil:1 ] || fail "the impostor does not run: the test shows nothing"
  forget_all
}

publish_liar() {
  local manifest index
  manifest=$(manifest_json team/app 1)
  index=$(get_blob team/app "$(jq -r '.layers[-1].annotations["minibox.layer-index"]' <<<"$manifest")" | zstd -dc |
    sed 's/"text"/"evil"/' | zstd -c | put_blob team/app)
  jq -c --arg index "$index" '.layers[-1].annotations["minibox.layer-index"] = $index' <<<"$manifest" | put_manifest team/app liar
}

# Whoever looks for what is bad in the layers of this image finds /text, and not what a lazy container sees.
@test "an index that tells of other files than its layer holds is found out once the image is here" {
  publish_liar
  run minibox run --rm --lazy localhost:5001/team/app:liar tail -1 /evil
  assert_success
  assert_output 100000
  deadline_seconds=60 wait_until grep -q "image 'localhost:5001/team/app:liar': its layer .* does not hold what the index says" "$dir/miniboxd.log"
  run minibox run --rm --lazy localhost:5001/team/app:liar tail -1 /text
  assert_success
  assert_output 100000
  run grep -c "does not hold what the index says" "$dir/miniboxd.log"
  assert_output 1
  forget_all
}

@test "it is found out as well when the pull in the background fails, and somebody pulls the image" {
  publish_liar
  parts_only app
  minibox run -d --lazy --name web localhost:5001/team/app:liar sleep 1000
  wait_until has_failed localhost:5001/team/app:liar
  rule 5001
  : >"$dir/miniboxd.log"
  minibox pull localhost:5001/team/app:liar
  deadline_seconds=60 wait_until grep -q "image 'localhost:5001/team/app:liar': its layer .* does not hold what the index says" "$dir/miniboxd.log"
  forget_all
}

@test "an index that nobody has read is not judged: its layer was here before" {
  local manifest
  manifest=$(manifest_json team/app 1 |
    jq -c --arg index "sha256:$(printf '1%.0s' {1..64})" '.layers[0].annotations["minibox.layer-index"] = $index')
  put_manifest team/app unread <<<"$manifest"
  run minibox run --rm --lazy localhost:5001/team/app:unread
  assert_success
  deadline_seconds=60 wait_until is_whole localhost:5001/team/app:unread
  minibox run --rm --lazy "$odd"  # what comes later comes after what follows the first
  deadline_seconds=60 wait_until is_whole "$odd"
  run grep "app:unread.* does not hold what the index says" "$dir/miniboxd.log"
  assert_output ""
  forget_all
}

@test "an image that comes when nobody wants it any more is forgotten" {
  rule 5001 "later 1000 whole:$(blob_of app) stall 60"
  minibox run --rm --lazy "$app"
  minibox tag busybox "$app"
  run minibox system prune
  assert_output --partial "what it leaves is removed when it has ended"
  rule 5001
  deadline_seconds=60 wait_until no_pull
  minibox run --rm --lazy "$odd"  # what comes later comes after what follows the first
  deadline_seconds=60 wait_until is_whole "$odd"
  minibox rmi "$app"
  forget_all
}

@test "an image that has one layer twice runs too" {
  local manifest config
  manifest=$(manifest_json team/app 1)
  config=$(get_blob team/app "$(jq -r .config.digest <<<"$manifest")" |
    jq -c '.rootfs.diff_ids += .rootfs.diff_ids[-1:] | .history += .history[-1:]' | put_blob team/app)
  manifest=$(jq -c --arg config "$config" --argjson size "$(get_blob team/app "$config" | wc -c)" \
    '.layers += .layers[-1:] | .config.digest = $config | .config.size = $size' <<<"$manifest")
  put_manifest team/app twice <<<"$manifest"
  run --separate-stderr minibox run --rm --lazy localhost:5001/team/app:twice
  assert_success
  assert_output 100000
  assert_equal "$stderr" ""
  forget_all
}

@test "an image that has come and gone comes again for the next who runs it lazily" {
  minibox run --rm --lazy "$app"
  deadline_seconds=60 wait_until is_whole "$app"
  minibox rmi "$app"
  minibox system prune --build-cache
  minibox run -d --lazy --name again "$app" sleep 1000
  deadline_seconds=60 wait_until is_whole "$app"
  forget_all
}

@test "an image that nobody has is not found" {
  run minibox run --rm --lazy localhost:5001/team/nothing:1
  assert_failure 125
  assert_output --partial "localhost:5001/team/nothing:1"
}

@test "a client that has left, and a daemon that ends, wait for no registry" {
  local client how
  timeout_ms=60000 registries_json
  for how in --rm -d; do
    rule 5001 "gone$how 1 /manifests/ stall 10"
    MINIBOX_API= exec_minibox run $how --lazy "$app" >/dev/null 2>&1 3>&- &
    client=$!
    wait_until grep -q /manifests/ "$dir/requests-5001"
    kill -KILL "$client"
    wait_until nothing_asked
  done

  rule 5001 "end 1 /manifests/ stall 10"
  exec_minibox run -d --lazy "$app" >/dev/null 2>&1 3>&- &
  wait_until grep -q /manifests/ "$dir/requests-5001"
  kill -TERM "$daemon"
  wait_until nothing_asked
  wait_until has_ended "$daemon"
  run grep "a call did not end" "$dir/miniboxd.log"
  assert_failure
  start_daemon
}
nothing_asked() { [ -z "$(in_host ss -Htn state established dport = :5001)" ]; }

@test "wrong bytes are an error and never data; the log has it once, with layer, file and reason" {
  parts_only app
  minibox run -d --lazy --name web "$app" sleep 1000
  parts_only app "wrong 1000 part:$(blob_of app) corrupt"
  run minibox exec web sh -c 'cat /noise | sha256sum; cat /noise >/dev/null; cat /noise >/dev/null'
  assert_output --partial "Input/output error"
  assert_output --partial "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  run grep "'/noise' can't be read" "$dir/miniboxd.log"
  assert_output --regexp "lazy layer [0-9a-f]{12}: '/noise' can't be read: .*(digest|damaged)"
  parts_only app
  run minibox exec web sha256sum /noise
  assert_output --partial "$(sha256sum <"$dir/app/noise" | cut -d' ' -f1)"
  forget_all
}

@test "an answer that is cut, or of the whole blob, is not taken for what was asked" {
  parts_only app
  minibox run -d --lazy --name web "$app" sleep 1000
  parts_only app "cut 1000 part:$(blob_of app) truncate 100"
  run minibox exec web cat /noise
  assert_failure
  parts_only app "whole 1000 part:$(blob_of app) rewrite 206 200"
  run minibox exec web cat /noise
  assert_failure
  parts_only app "cut 2 part:$(blob_of app) truncate 100"
  run minibox exec web sha256sum /noise
  assert_output --partial "$(sha256sum <"$dir/app/noise" | cut -d' ' -f1)"
  forget_all
}

@test "a container that waits for a registry can be killed at once, and others go on" {
  parts_only app
  minibox run -d --lazy --name one "$app" sh -c 'sleep 1000'
  minibox run -d --lazy --name two "$app" sleep 1000
  minibox exec two tail -1 /text
  timeout_ms=300000 registries_json
  parts_only app "never 1000 part:$(blob_of app) stall 10"
  minibox exec -d one sh -c 'cat /noise >/dev/null'
  wait_until grep -q 'range=bytes' "$dir/requests-5001"
  run minibox exec two tail -1 /text
  assert_output 100000
  run timeout 20 "$bin/minibox" --version
  deadline_seconds=20 wait_until killed one
  minibox rm -f one two
  wait_until nothing_lazy
  run grep "minibox-lazy has ended with status" "$dir/miniboxd.log"
  assert_output ""
  rule 5001
  forget_all
}
killed() { minibox kill "$1" || minibox wait "$1"; }

@test "the containers outlive the daemon, and so does what they read from; a new daemon goes on" {
  parts_only app
  minibox run -d --lazy --name web "$app" sleep 1000
  wait_until has_failed "$app"
  end_daemon
  [ -n "$(lazy_servers)" ]
  start_daemon
  run minibox exec web sha256sum /noise
  assert_output --partial "$(sha256sum <"$dir/app/noise" | cut -d' ' -f1)"
  [ -n "$(lazy_mounts)" ]
  minibox run -d --lazy --name more "$app" sleep 1000
  [ "$(lazy_servers | wc -l)" = 1 ]
  kill -TERM "$daemon"
  wait_until has_ended "$daemon"
  echo '--- killed' >>"$dir/miniboxd.log"
  [ "$(lazy_servers | wc -l)" = 1 ]
  rule 5001
  start_daemon
  run minibox exec web sha256sum /noise
  assert_output --partial "$(sha256sum <"$dir/app/noise" | cut -d' ' -f1)"
  deadline_seconds=60 wait_until is_whole "$app"
  forget_all
}

@test "mounts that nobody needs any more go when a daemon starts" {
  parts_only app
  minibox run -d --lazy --name web "$app" sleep 1000
  local server init
  server=$(lazy_servers)
  init=$(container_pid "$(container_ids)")
  end_daemon
  kill -KILL "$server" "$init"
  wait_until has_ended "$server"
  mkdir -p "$data/lazy/$(printf 'a%.0s' {1..64})"
  start_daemon
  wait_until nothing_lazy
  forget_all
}

@test "when the server dies the container's reads fail, its mounts go, and a restart helps" {
  parts_only app
  minibox run -d --lazy --name web "$app" sleep 1000
  kill -KILL "$(lazy_servers)"
  wait_until nothing_lazy
  run grep -c "minibox-lazy has ended with status 137" "$dir/miniboxd.log"
  assert_output 1
  run minibox exec web cat /noise
  assert_failure
  run minibox export -o "$dir/web.tar" web
  assert_unreadable
  [ ! -e "$dir/web.tar" ]
  run minibox cp web:/noise "$dir/noise"
  assert_unreadable
  minibox restart -t 0 web
  run minibox exec web tail -1 /text
  assert_output 100000
  forget_all
}

# It is held open by a program that reads when somebody writes into /go. What it writes to is there before: without the
# server nobody can tell whether the image has such a name.
@test "a large file that is opened once its image is unpacked is read past the server, in a user namespace too" {
  local userns
  for userns in host private; do
    minibox run -d --lazy --userns $userns --name web "$app" sleep 1000
    deadline_seconds=60 wait_until is_whole "$app"
    minibox exec web mkfifo /go
    minibox exec -d web sh -c 'exec 3</noise; : >/sum; echo opened >/status; read -r _ </go; sha256sum <&3 >/sum; echo "ended $?" >/status'
    wait_until status_says opened
    kill -KILL $(lazy_servers)
    minibox exec web sh -c 'echo >/go'
    wait_until status_says ended
    run minibox exec web cat /sum /status
    assert_output --partial "$(sha256sum <"$dir/app/noise" | cut -d' ' -f1)"
    assert_line "ended 0"
    forget_all
  done
}
status_says() { minibox exec web cat /status | grep -q "$1"; }

assert_unreadable() {
  assert_failure 1
  assert_output --regexp "lazy layer [0-9a-f]{12} of image '$app' can't be read: .*\((EIO|ENOTCONN|ECONNABORTED)\)"
  assert_output --partial "what helps: minibox pull $app, minibox restart "
}

@test "an export that fails in the middle says why, and leaves no file" {
  parts_only app
  minibox run -d --lazy --name web "$app" sleep 1000
  parts_only app "never 1000 part:$(blob_of app) status 503"
  run minibox export -o "$dir/web.tar" web
  assert_unreadable
  [ ! -e "$dir/web.tar" ]
  forget_all
}

@test "prune counts the mounts that it removes" {
  run minibox system prune
  assert_line "  - Active FUSE mounts killed: 0"
}

@test "what is here but not unpacked runs from its blobs" {
  minibox pull "$app"
  end_daemon
  rm -rf "$data/extracted/"[0-9a-f]*
  rule 5001 "all 1000 /v2/ status 503"
  start_daemon
  run minibox run --rm --lazy "$app"
  assert_output 100000
  run grep -c "is unpacked before it runs" "$dir/miniboxd.log"
  assert_output 0
  wait_until nothing_lazy
  forget_all
}

@test "credentials of the client go along, and no further than that" {
  mkdir -p "$dir/home"
  minibox pull "$app"
  wait_until [ -e "$data/indexes/$(blob_of app | sed s/sha256://)" ]
  minibox login -u anna -p 'secret word' localhost:5010
  minibox tag "$app" localhost:5010/team/app:1
  minibox push localhost:5010/team/app:1
  forget_all
  run minibox run --rm --lazy localhost:5010/team/app:1
  assert_output 100000
  run grep -rls 'secret word' "$data" "$dir/miniboxd.log"
  assert_output ""
  deadline_seconds=60 wait_until is_whole localhost:5010/team/app:1
  forget_all
  minibox logout localhost:5010
  run minibox run --rm --lazy localhost:5010/team/app:1
  assert_failure 125
  assert_output --partial "minibox login localhost:5010"
}

@test "nothing stays" {
  forget_all
  kill_registries
  stop_daemon_cleanly
  assert_nothing_left
}
