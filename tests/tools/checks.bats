# The checks can fail: each gets a small tree with one offence.

setup() {
  bats_load_library bats-support
  bats_load_library bats-assert
  tools=$BATS_TEST_DIRNAME/../../tools
  tree=$BATS_TEST_TMPDIR
  mkdir -p "$tree/src/base" "$tree/src/sys" "$tree/src/store" "$tree/src/network"
  cp "$BATS_TEST_DIRNAME/../../.clang-format" "$tree/"
}

@test "layers: an include of a higher layer is named with file and line" {
  printf '#pragma once\n#include "sys/fd.h"\n' >"$tree/src/base/text.h"
  run "$tools/check_layers" "$tree/src"
  assert_failure
  assert_output --partial "src/base/text.h:2: layer 'base' must not include layer 'sys'"
}

@test "layers: an include of a sibling is refused, of a lower layer not" {
  printf '#include "sys/fd.h"\n#include "network/bridge.h"\n' >"$tree/src/store/blob.cc"
  run "$tools/check_layers" "$tree/src"
  assert_failure
  assert_output --partial "src/store/blob.cc:2: layer 'store' must not include layer 'network'"
  refute_output --partial "blob.cc:1"
}

@test "layers: a folder that is not a layer is refused" {
  mkdir "$tree/src/utils"
  touch "$tree/src/utils/all.h"
  run "$tools/check_layers" "$tree/src"
  assert_failure
  assert_output --partial "folder 'utils' is not a layer"
}

@test "style: a clean tree passes" {
  printf '#pragma once\n' >"$tree/src/base/a.h"
  run "$tools/check_style" "$tree"
  assert_success
}

@test "style: banned calls count outside sys, in comments and strings never" {
  printf 'int a = fork();\n' >"$tree/src/base/a.cc"
  printf 'int a = fork();\n' >"$tree/src/sys/b.cc"
  printf 'int b = system("ls");\n' >"$tree/src/sys/c.cc"
  printf '// fork() is slow\nconst char* c = "system(1)";\n' >"$tree/src/base/d.cc"
  run "$tools/check_style" "$tree"
  assert_failure
  assert_line "src/base/a.cc:1: call of fork() is banned outside src/sys/"
  assert_line "src/sys/c.cc:1: call of system() is banned anywhere"
  assert_equal "${#lines[@]}" 2
}

@test "style: a file of more than 600 lines is refused" {
  yes '// line' | head -n 601 >"$tree/src/base/long.cc"
  run "$tools/check_style" "$tree"
  assert_failure
  assert_output --partial "src/base/long.cc:601: a file has at most 600 lines"
}

@test "style: a mark of unfinished work is refused" {
  printf '// TO''DO: later\n' >"$tree/src/base/a.cc"
  run "$tools/check_style" "$tree"
  assert_failure
  assert_output --partial "src/base/a.cc:1: unfinished work"
}

@test "style: badly formatted code is refused" {
  printf 'int  a( ){return 1 ;}\n' >"$tree/src/base/a.cc"
  run "$tools/check_style" "$tree"
  assert_failure
  assert_output --partial "src/base/a.cc:1"
}

@test "promises: a test that is not there, and a promise without one, are named" {
  mkdir -p "$tree/docs" "$tree/tests/e2e"
  printf '@%s "it holds" {\n  true\n}\n' test >"$tree/tests/e2e/run.bats"
  printf 'TEST_F(Base, Holds) {}\n' >"$tree/src/base/a_test.cc"
  printf '| 1 | a | `run.bats: it holds`; `Base.Holds` |\n| 2 | b | not yet |\n' >"$tree/docs/threat-model.md"
  run "$tools/check_promises" "$tree"
  assert_success
  assert_output ""
  printf '| 3 | c | `run.bats: it hold`; `Base.Hold`; `fuzz/x.cc` |\n| 4 | d | surely |\n' >>"$tree/docs/threat-model.md"
  run "$tools/check_promises" "$tree"
  assert_failure
  assert_line "docs/threat-model.md:3: no test 'run.bats: it hold'"
  assert_line "docs/threat-model.md:3: no test 'Base.Hold'"
  assert_line "docs/threat-model.md:3: no test 'fuzz/x.cc'"
  assert_line "docs/threat-model.md:4: neither a test nor 'not yet'"
}

@test "deps: nothing is done when everything is there, what is missing is named" {
  cp -r "$tools" "$tree/tools"
  printf 'build bash\nbuild coreutils\ntest no-such-package-here\n' >"$tree/tools/packages.txt"
  run "$tree/tools/deps" build
  assert_success
  assert_output ""
  run "$tree/tools/deps" --check build test
  assert_failure
  assert_output "missing packages: no-such-package-here (remedy: make deps, as root)"
}
