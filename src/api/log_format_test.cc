#include "api/log_format.h"

#include <gtest/gtest.h>

namespace minibox::api {
namespace {

using wire::Stream;

std::string format(LogFormat format, std::initializer_list<engine::LogPiece> pieces) {
  for (const engine::LogPiece& piece : pieces) format.add(piece);
  return format.take();
}

TEST(LogFormat, PlainIsTheBytes) {
  EXPECT_EQ(format({false, false}, {{Stream::kStdout, 1, "a\nb"}, {Stream::kStderr, 2, "c\n"}}), "a\nbc\n");
}

TEST(LogFormat, EveryLineHasTheTimeOfItsBeginning) {
  EXPECT_EQ(format({true, false}, {{Stream::kStdout, 0, "a\nb"}, {Stream::kStdout, 5, "c\nd\n"}}),
            "1970-01-01T00:00:00.000000000Z a\n1970-01-01T00:00:00.000000000Z bc\n"
            "1970-01-01T00:00:00.000000005Z d\n");
}

TEST(LogFormat, FramesKeepTheStreamsApart) {
  using namespace std::string_literals;
  EXPECT_EQ(format({false, true}, {{Stream::kStdout, 0, "a\n"}, {Stream::kStderr, 0, "b\n"}}),
            "\1\0\0\0\0\0\0\2a\n\2\0\0\0\0\0\0\2b\n"s);
}

}  // namespace
}  // namespace minibox::api
