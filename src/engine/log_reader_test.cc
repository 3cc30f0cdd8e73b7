#include "engine/log_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "runtime/bundle.h"
#include "runtime/shim/log_writer.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

using runtime::shim::LogWriter;
using wire::Stream;

class LogReaderTest : public ::testing::Test {
 protected:
  void out(const std::string& text) { writer_.write(Stream::kStdout, text); }
  void err(const std::string& text) { writer_.write(Stream::kStderr, text); }
  static std::string drain(LogReader& reader) {
    std::string text;
    for (LogPiece piece = reader.next(); !piece.bytes.empty(); piece = reader.next()) text += piece.bytes;
    return text;
  }
  std::string last_lines(std::uint64_t count) const {
    LogReader reader(dir_.path());
    reader.skip_to_last_lines(count);
    return drain(reader);
  }
  std::string since(std::int64_t time_ns) const {
    LogReader reader(dir_.path());
    reader.skip_to_time(time_ns);
    return drain(reader);
  }

  sys::TempDir dir_{"/tmp", "minibox-log-test."};
  LogWriter writer_{sys::open_dir(dir_.path())};
};

TEST_F(LogReaderTest, GivesEachPieceItsStreamAndTime) {
  const std::int64_t before = realtime_ns();
  out("one\n");
  err("two\n");
  LogReader reader(dir_.path());
  const LogPiece first = reader.next();
  EXPECT_EQ(first.bytes, "one\n");
  EXPECT_EQ(first.stream, Stream::kStdout);
  EXPECT_GE(first.time_ns, before);
  const LogPiece second = reader.next();
  EXPECT_EQ(second.bytes, "two\n");
  EXPECT_EQ(second.stream, Stream::kStderr);
  EXPECT_TRUE(reader.next().bytes.empty());
}

TEST_F(LogReaderTest, GoesOnWhereItWas) {
  out("one\n");
  LogReader reader(dir_.path());
  EXPECT_EQ(drain(reader), "one\n");
  err("two\n");
  EXPECT_EQ(drain(reader), "two\n");
}

TEST_F(LogReaderTest, LastLinesCountUnfinishedOnes) {
  EXPECT_EQ(last_lines(1), "");
  out("a\nb\nc\n");
  EXPECT_EQ(last_lines(0), "");
  EXPECT_EQ(last_lines(1), "c\n");
  EXPECT_EQ(last_lines(2), "b\nc\n");
  EXPECT_EQ(last_lines(9), "a\nb\nc\n");
  out("d");
  EXPECT_EQ(last_lines(1), "d");
  EXPECT_EQ(last_lines(2), "c\nd");
}

TEST_F(LogReaderTest, SinceBeginsAtTheFirstLineOfThatTime) {
  out("old\n");
  const std::int64_t between = realtime_ns();
  out("new\nnewer\n");
  EXPECT_EQ(since(0), "old\nnew\nnewer\n");
  EXPECT_EQ(since(between), "new\nnewer\n");
  EXPECT_EQ(since(realtime_ns()), "");
}

TEST_F(LogReaderTest, FollowsThroughRotations) {
  writer_.set_limit(4096);
  LogReader reader(dir_.path());
  std::string expected;
  std::string got;
  for (int i = 0; i < 500; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    expected += line;
    out(line);
    if (i % 10 == 0) got += drain(reader);
  }
  got += drain(reader);
  EXPECT_EQ(got, expected);
  EXPECT_TRUE(sys::exists(dir_.path() + "/" + runtime::kOldLogFile));
}

TEST_F(LogReaderTest, LetsGoOfWhatItHasRead) {
  writer_.set_limit(4096);
  LogReader reader(dir_.path());
  const auto open_files = [] { return sys::list_dir("/proc/self/fd").size(); };
  out("first\n");
  drain(reader);
  const size_t before = open_files();
  for (int i = 0; i < 5000; ++i) {
    out("line " + std::to_string(i) + "\n");
    drain(reader);
  }
  EXPECT_LE(open_files(), before + 2);
}

TEST_F(LogReaderTest, ConcurrentWriterLosesNothingAndKeepsTheOrder) {
  constexpr int kLines = 20'000;
  writer_.set_limit(64 * 1024);
  LogReader reader(dir_.path());
  // No faster than the reader by more than one generation, for what two rotations throw away is not promised.
  std::atomic<int> read_so_far = 0;
  std::jthread writer([&](std::stop_token stop) {
    for (int i = 0; i < kLines; ++i) {
      while (i - read_so_far > 500 && !stop.stop_requested()) std::this_thread::yield();
      out(std::to_string(i) + "\n");
    }
  });
  std::string rest;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (read_so_far < kLines) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "at line " << read_so_far;
    rest += drain(reader);
    for (size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      ASSERT_EQ(rest.substr(0, end), std::to_string(read_so_far.load()));
      rest.erase(0, end + 1);
      ++read_so_far;
    }
  }
}

TEST_F(LogReaderTest, ARemovedLogIsNoReasonToCrash) {
  writer_.set_limit(4096);
  LogReader reader(dir_.path());
  for (int i = 0; i < 300; ++i) {
    if (i == 100) sys::remove_file(dir_.path() + "/" + runtime::kLogFile);
    out("line " + std::to_string(i) + "\n");
    drain(reader);
  }
  EXPECT_NE(last_lines(1), "");
}

TEST_F(LogReaderTest, LastLinesReachIntoTheFormerGeneration) {
  writer_.set_limit(3000);
  for (int i = 0; i < 70; ++i) out("line " + std::to_string(i) + "\n");
  ASSERT_TRUE(sys::exists(dir_.path() + "/" + runtime::kOldLogFile));
  std::string expected;
  for (int i = 10; i < 70; ++i) expected += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(last_lines(60), expected);
}

TEST_F(LogReaderTest, LogWithoutAnIndexStillComes) {
  out("one\n");
  sys::remove_file(dir_.path() + "/" + runtime::kLogIndexFile);
  LogReader reader(dir_.path());
  const LogPiece piece = reader.next();
  EXPECT_EQ(piece.bytes, "one\n");
  EXPECT_EQ(piece.time_ns, 0);
}

TEST_F(LogReaderTest, NoLogIsAnEmptyOne) {
  sys::TempDir empty("/tmp", "minibox-log-test.");
  LogReader reader(empty.path());
  reader.skip_to_last_lines(3);
  reader.skip_to_time(1);
  EXPECT_TRUE(reader.next().bytes.empty());
}

}  // namespace
}  // namespace minibox::engine
