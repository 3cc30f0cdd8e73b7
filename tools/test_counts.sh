# Counting of tests for tools/run_tests: runs a program, a check or a folder of bats files, reads how many tests passed,
# failed and were skipped, and judges the skips. Sourced; needs $results, a directory for logs.

passed=0 failed=0 skipped=0
failures=() unexpected=()
expected_skips=${expected_skips:-tests/expected_skips.txt}

begin_suite() {
  suite_started=$SECONDS suite_passed=$passed suite_failed=$failed suite_skipped=$skipped
  echo "== $1"
}

end_suite() {
  printf '   %d passed, %d failed, %d skipped in %d s\n' $((passed - suite_passed)) $((failed - suite_failed)) \
    $((skipped - suite_skipped)) $((SECONDS - suite_started))
}

# count_failure SUITE NAME [LOG]
count_failure() {
  failed=$((failed + 1))
  failures+=("$1: $2")
  echo "   FAILED $2"
  [ -z "${3:-}" ] || tail -n 60 "$3" | sed 's/^/   | /'
}

# count_skip SUITE NAME REASON
count_skip() {
  skipped=$((skipped + 1))
  echo "   SKIPPED $2: ${3:-no reason given}"
  is_expected_skip "$1" "$2" || unexpected+=("$1: $2: ${3:-no reason given}")
}

is_expected_skip() {
  local suite pattern
  while IFS='|' read -r entry _; do
    suite=${entry%% *} pattern=${entry#* }
    pattern=${pattern%"${pattern##*[! ]}"}
    # shellcheck disable=SC2053  # the pattern is one
    [[ $1 == "$suite" && $2 == $pattern ]] && return 0
  done < <(grep -vE '^(#|$)' "$expected_skips")
  return 1
}

# count_command SUITE NAME COMMAND...
count_command() {
  local suite=$1 name=$2 log
  shift 2
  log=$results/$suite-${name// /-}.log
  if "$@" >"$log" 2>&1 </dev/null; then
    passed=$((passed + 1))
  else
    count_failure "$suite" "$name" "$log"
  fi
}

# count_gtest SUITE PROGRAM SECONDS
count_gtest() {
  local suite=$1 program=$2 limit=$3 base=$results/$1-${2##*/} status=0
  timeout -k 10 "$limit" "$program" --gtest_output="xml:$base.xml" >"$base.log" 2>&1 </dev/null || status=$?
  judge_gtest "$suite" "${program##*/}" "$base" $status
}

# judge_gtest SUITE NAME BASE STATUS: what a program left in BASE.xml and BASE.log
judge_gtest() {
  local suite=$1 name=$2 log=$3.log xml=$3.xml status=$4 kind test reason seen=0
  while IFS=$'\t' read -r kind test reason; do
    case $kind in
      passed) passed=$((passed + 1)) ;;
      skipped) count_skip "$suite" "$test" "$reason" ;;
      failed) seen=$((seen + 1)); count_failure "$suite" "$name $test" ;;
    esac
  done < <(read_gtest_xml "$xml")
  [ $seen -eq 0 ] || grep -vE '^\[( +OK|---|===| RUN)' "$log" | tail -n 80 | sed 's/^/   | /'
  [ -s "$xml" ] || { count_failure "$suite" "$name wrote no result (exit status $status)" "$log"; return; }
  # A crash or a sanitizer report at exit comes after the results are written.
  [ $status -eq 0 ] || [ $seen -gt 0 ] || count_failure "$suite" "$name ended with exit status $status" "$log"
}

# Prints one line a test: passed|skipped|failed, name, reason.
read_gtest_xml() {
  [ -s "$1" ] || return 0
  awk '
    function attribute(name, found) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      found = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
      gsub(/&#x0A;|&#xA;/, " ", found); gsub(/&quot;/, "\"", found); gsub(/&apos;/, "\047", found)
      gsub(/&lt;/, "<", found); gsub(/&gt;/, ">", found); gsub(/&amp;/, "\\&", found)
      return found
    }
    function finish() {
      if (test != "") print kind "\t" test "\t" reason
      test = ""
    }
    /<testcase / {
      finish()
      test = attribute("classname") "." attribute("name")
      kind = "passed"; reason = ""
      if ($0 ~ / status="notrun"/) test = ""
      else if ($0 ~ / result="skipped"/) kind = "skipped"
    }
    /<failure /  { kind = "failed" }
    /<skipped /  { if (kind != "failed") kind = "skipped"; reason = attribute("message"); sub(/^[^ ]*:[0-9]+ /, "", reason) }
    /<\/testsuite>/ { finish() }
  ' "$1"
}

# count_bats SUITE FOLDER: $bats_seconds at most, 1500 otherwise
count_bats() {
  echo "   $2"
  # Judged by what it says.
  timeout -k 30 "${bats_seconds:-1500}" bats --tap --recursive "$2" >"$results/$1-bats.tap" 2>&1 </dev/null || true
  judge_bats "$1" "$2" "$results/$1-bats.tap"
}

# judge_bats SUITE NAME TAP-FILE
judge_bats() {
  local suite=$1 name=$2 log=$3 line plan='' seen=0 failed_before=$failed
  while IFS= read -r line; do
    case $line in
      1..*) plan=${line#1..} ;;
      "ok "*" # skip"*) seen=$((seen + 1)); count_skip "$suite" "$(bats_name "${line%% # skip*}")" "${line##*# skip }" ;;
      "ok "*) seen=$((seen + 1)); passed=$((passed + 1)) ;;
      "not ok "*) seen=$((seen + 1)); count_failure "$suite" "$(bats_name "${line#not }")" ;;
      "#"*) [ "$failed" -eq "$failed_before" ] || echo "   | ${line#\# }" ;;
    esac
  done <"$log"
  [ -n "$plan" ] && [ "$seen" -eq "$plan" ] ||
    count_failure "$suite" "bats ran $seen of ${plan:-an unknown number of} tests in $name" "$log"
}

bats_name() { local name=${1#ok }; echo "${name#* }"; }

print_summary() {
  local line status=0
  if [ ${#failures[@]} -gt 0 ]; then
    status=1
    printf '== failed\n'
    printf '   %s\n' "${failures[@]}"
  fi
  if [ ${#unexpected[@]} -gt 0 ]; then
    status=1
    printf '== skipped, but not listed in %s\n' "$expected_skips"
    printf '   %s\n' "${unexpected[@]}"
  fi
  line="$passed passed, $failed failed, $skipped skipped"
  echo "$line" >"$results/summary"
  echo "$line"
  return $status
}
