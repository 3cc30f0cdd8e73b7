# Counting of tests (tools/test_counts.sh): what passes, fails, crashes and skips is told apart.

setup() {
  bats_load_library bats-support
  bats_load_library bats-assert
  results=$BATS_TEST_TMPDIR
  expected_skips=$BATS_TEST_TMPDIR/expected_skips.txt
  printf '# comment\nroot Cgroup.* | needs a v2 host\n' >"$expected_skips"
  . "$BATS_TEST_DIRNAME/../../tools/test_counts.sh"
}

# A program that writes the given gtest results and ends with a status: fake_program NAME STATUS XML
fake_program() {
  printf '#!/bin/sh\ncat >"${1#--gtest_output=xml:}" <<END\n%s\nEND\nexit %s\n' "$3" "$2" >"$BATS_TEST_TMPDIR/$1"
  chmod +x "$BATS_TEST_TMPDIR/$1"
}

readonly three_tests='<testsuites tests="3">
<testsuite name="A" tests="3">
<testcase name="One" status="run" result="completed" classname="A" />
<testcase name="Two" status="run" result="skipped" classname="Cgroup">
<skipped message="/x/y_test.cc:7&#x0A;no &quot;v2&quot; here"></skipped>
</testcase>
<testcase name="Three" status="run" result="completed" classname="A">
<failure message="x" type=""></failure>
</testcase>
</testsuite>
</testsuites>'

@test "gtest: passed, skipped and failed tests are counted, the reason of a skip is shown" {
  fake_program three 1 "$three_tests"
  count_gtest root "$BATS_TEST_TMPDIR/three" 10 >"$BATS_TEST_TMPDIR/out"
  assert_equal "$passed $failed $skipped" "1 1 1"
  assert_equal "${#unexpected[@]}" 0
  run cat "$BATS_TEST_TMPDIR/out"
  assert_output --partial 'SKIPPED Cgroup.Two: no "v2" here'
  assert_output --partial 'FAILED three A.Three'
}

@test "gtest: a skip that is not expected fails the run" {
  fake_program three 0 "${three_tests/<failure message=\"x\" type=\"\"><\/failure>/}"
  count_gtest unit "$BATS_TEST_TMPDIR/three" 10
  assert_equal "$passed $failed $skipped" "2 0 1"
  run print_summary
  assert_failure
  assert_output --partial "unit: Cgroup.Two"
  assert_equal "${lines[-1]}" "2 passed, 0 failed, 1 skipped"
}

@test "gtest: a crash without results and a crash after them are failures" {
  fake_program silent 139 ""
  count_gtest unit "$BATS_TEST_TMPDIR/silent" 10
  assert_equal "$failed" 1
  fake_program late 1 '<testcase name="One" status="run" result="completed" classname="A" />
</testsuite>'
  count_gtest unit "$BATS_TEST_TMPDIR/late" 10
  assert_equal "$passed $failed" "1 2"
}

@test "gtest: a program past its time limit is a failure" {
  printf '#!/bin/sh\nexec tail -f /dev/null\n' >"$BATS_TEST_TMPDIR/endless"
  chmod +x "$BATS_TEST_TMPDIR/endless"
  count_gtest unit "$BATS_TEST_TMPDIR/endless" 1
  assert_equal "$failed" 1
}

@test "bats: passed, failed and skipped tests are counted" {
  mkdir "$BATS_TEST_TMPDIR/suite"
  printf '@%s "good" { true; }\n@%s "bad" { false; }\n@%s "later" { skip "no moon"; }\n' test test test \
    >"$BATS_TEST_TMPDIR/suite/a.bats"
  count_bats e2e "$BATS_TEST_TMPDIR/suite" >"$BATS_TEST_TMPDIR/out"
  assert_equal "$passed $failed $skipped" "1 1 1"
  assert_equal "${failures[0]}" "e2e: bad"
  assert_equal "${unexpected[0]}" "e2e: later: no moon"
}

@test "bats: a file that can't be read is a failure" {
  mkdir "$BATS_TEST_TMPDIR/suite"
  printf '@%s "open {\n' test >"$BATS_TEST_TMPDIR/suite/a.bats"
  count_bats e2e "$BATS_TEST_TMPDIR/suite"
  assert [ "$failed" -gt 0 ]
}
