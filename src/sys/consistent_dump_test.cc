#include "sys/consistent_dump.h"

#include <gtest/gtest.h>

namespace minibox::sys {
namespace {

TEST(ConsistentDump, IsRepeatedUntilNothingChangedMeanwhile) {
  int calls = 0;
  dump_until_consistent("links", [&] { return ++calls == 3; });
  EXPECT_EQ(calls, 3);
}

TEST(ConsistentDump, EndsWithAnErrorWhenTheListNeverStandsStill) {
  int calls = 0;
  const auto interrupted = [&] {
    ++calls;
    return false;
  };
  try {
    dump_until_consistent("links", interrupted);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_EQ(error.text(), "the kernel's list of links changed during each of 100 attempts");
    EXPECT_NE(error.hint(), "");
  }
  EXPECT_EQ(calls, kDumpAttempts);
}

}  // namespace
}  // namespace minibox::sys
