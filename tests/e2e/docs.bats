# Every command shown in the documents works: each ```console block of a page is run, page by page, in order.
#
# In such a block a line "$ command" is run with bash in the project's folder, and the lines below it must be found, in
# their order, in what it prints; "..." stands for anything. A block marked ```console no-test is only shown.

load lib/daemon
load lib/registry
setup_file() {
  start_host
  mkdir -p "$dir/bin"
  ln -s "$bin"/minibox "$bin"/miniboxd "$bin"/minibox-shim "$dir/bin/"
  export MINIBOX_SHIM=$bin/minibox-shim MINIBOX_BUILD_PREFIXES=$project,$dir
  start_registry plain 5000
  start_daemon
}
teardown_file() { stop_host; }

# Prints the commands and expected lines of a page: "$ ..." starts a command.
console_blocks() {
  awk '/^```console$/ {inside = 1; next} /^```/ {inside = 0} inside' "$1"
}

run_command() {
  (cd "$project" && PATH=$dir/bin:$PATH nsenter --net="/run/netns/$host" bash -c "$1" 2>&1 3>&-) </dev/null || true
}

expect_in_order() {
  local output=$1 line
  shift
  for line in "$@"; do
    local pattern=${line//.../$'\x01'}
    pattern=$(printf '%s' "$pattern" | sed -e 's/[][\\.*^$+?(){}|/]/\\&/g' -e $'s/\x01/.*/g')
    printf '%s\n' "$output" | grep -qE -- "^$pattern\$" || { printf 'expected line: %s\nin the output:\n%s\n' "$line" "$output"; return 1; }
    output=$(printf '%s\n' "$output" | sed -E "0,/^$pattern\$/d")
  done
}

check_page() {
  local command='' expected=() line
  while IFS= read -r line; do
    if [[ $line == '$ '* ]]; then
      [ -z "$command" ] || run_and_compare
      command=${line#'$ '} expected=()
    elif [ -n "$line" ] && [ "$line" != ... ]; then
      expected+=("$line")
    fi
  done < <(console_blocks "$1")
  [ -z "$command" ] || run_and_compare
}

run_and_compare() {
  local output
  output=$(run_command "$command")
  expect_in_order "$output" "${expected[@]}" || { echo "of the command: $command"; return 1; }
}

@test "the commands of README.md work" { check_page "$project/README.md"; }
@test "the commands of docs/cli.md work" { check_page "$project/docs/cli.md"; }
@test "the commands of docs/api.md work" { check_page "$project/docs/api.md"; }
@test "the commands of docs/minibox-file.md work" { check_page "$project/docs/minibox-file.md"; }
@test "the commands of docs/registries.md work" { check_page "$project/docs/registries.md"; }
@test "the commands of docs/databases.md work" { check_page "$project/docs/databases.md"; }
@test "the commands of docs/security.md work" { check_page "$project/docs/security.md"; }
@test "the commands of docs/life-of-a-run.md work" { check_page "$project/docs/life-of-a-run.md"; }
@test "the commands of docs/life-of-a-build.md work" { check_page "$project/docs/life-of-a-build.md"; }

@test "no other page shows commands unseen" {
  run grep -rlE '^```console$' --include='*.md' "$project" --exclude-dir=build --exclude-dir=build-asan
  refute_output --regexp '(ARCHITECTURE|CONTRIBUTING|CHANGELOG|threat-model|benchmarks|decisions)'
}

@test "the documents name no file that is not there" {
  local page path
  for page in "$project"/*.md "$project"/docs/*.md; do
    while read -r path; do
      [ -e "$project/$path" ] || [ -e "${page%/*}/$path" ] || fail "${page#"$project/"}: no file $path"
    done < <(grep -oE '\]\([A-Za-z0-9_./-]+(#[a-z-]*)?\)' "$page" | sed -E 's/^\]\(//; s/(#.*)?\)$//' | grep . || true)
  done
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  kill_registries
  assert_nothing_left
}
