#include "runtime/shim/log_writer.h"

#include <gtest/gtest.h>

#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::runtime::shim {
namespace {

using wire::Stream;

class LogWriterTest : public ::testing::Test {
 protected:
  std::string read(const char* name) const { return sys::try_read_file(dir_.path() + "/" + name).value_or("none"); }
  size_t marks(const char* name = kLogIndexFile) const { return read(name).size() / sizeof(LogMark) - 1; }

  sys::TempDir dir_{"/tmp", "minibox-log-test."};
  sys::Fd directory_ = sys::open_dir(dir_.path());
};

TEST_F(LogWriterTest, LogIsThePlainBytes) {
  LogWriter log(directory_);
  log.write(Stream::kStdout, "one\n");
  log.write(Stream::kStderr, "two\n");
  EXPECT_EQ(read(kLogFile), "one\ntwo\n");
  EXPECT_EQ(marks(), 2);
}

TEST_F(LogWriterTest, RestOfALineNeedsNoMark) {
  LogWriter log(directory_);
  for (const char* part : {"a", "b", "c\n"}) log.write(Stream::kStdout, part);
  EXPECT_EQ(marks(), 1);
  log.write(Stream::kStdout, "d\ne");
  EXPECT_EQ(marks(), 2);
}

TEST_F(LogWriterTest, NextLifeAppends) {
  LogWriter(directory_).write(Stream::kStdout, "first\n");
  LogWriter(directory_).write(Stream::kStdout, "second\n");
  EXPECT_EQ(read(kLogFile), "first\nsecond\n");
  EXPECT_EQ(marks(), 2);
}

TEST_F(LogWriterTest, HalfAMarkOfADeadShimIsCutOff) {
  LogWriter(directory_).write(Stream::kStdout, "first\n");
  sys::write_file(dir_.path() + "/" + kLogIndexFile, read(kLogIndexFile) + "half");
  LogWriter(directory_).write(Stream::kStdout, "second\n");
  EXPECT_EQ(read(kLogIndexFile).size() % sizeof(LogMark), 0);
  EXPECT_EQ(marks(), 2);
}

TEST_F(LogWriterTest, AllFilesTogetherStayWithinTheLimit) {
  LogWriter log(directory_);
  log.set_limit(8192);
  std::string line(99, 'x');
  line += '\n';
  for (int i = 0; i < 1000; ++i) log.write(Stream::kStdout, line);
  size_t total = 0;
  for (const std::string& name : sys::list_dir(dir_.path())) total += read(name.c_str()).size();
  EXPECT_LE(total, 8192 + 2 * (line.size() + sizeof(LogMark)));
  EXPECT_GE(total, 4096);
  EXPECT_EQ(sys::list_dir(dir_.path()).size(), 4);
}

// An operator's "rm container.log": what comes after the next rotation is seen again.
TEST_F(LogWriterTest, ARemovedLogIsMadeAgain) {
  LogWriter log(directory_);
  log.set_limit(4096);
  log.write(Stream::kStdout, "before\n");
  for (const char* name : {kLogFile, kLogIndexFile}) sys::remove_file(dir_.path() + "/" + name);
  for (int i = 0; i < 200; ++i) log.write(Stream::kStdout, "line " + std::to_string(i) + "\n");
  EXPECT_NE(read(kLogFile).find("line 199\n"), std::string::npos);
}

TEST_F(LogWriterTest, WhereItCannotRotateItGrowsToTheLimit) {
  LogWriter log(directory_);
  log.set_limit(400'000);
  sys::make_dir(dir_.path() + "/container.log.next");  // no file can have that name now
  std::string line(999, 'x');
  line += '\n';
  for (int i = 0; i < 1000; ++i) log.write(Stream::kStdout, line);
  const std::string kept = read(kLogFile);
  EXPECT_GE(kept.size(), 380'000);
  EXPECT_LE(kept.size(), 400'000 + 2 * line.size());
}

}  // namespace
}  // namespace minibox::runtime::shim
