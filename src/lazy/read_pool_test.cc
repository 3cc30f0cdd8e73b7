#include "lazy/read_pool.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "sys/process.h"

namespace minibox::lazy {
namespace {

constexpr int kDeadline = 20'000;  // ms

// A pool whose reads of file 1 wait until they are let go; a socket stands for the kernel.
class ReadPoolTest : public ::testing::Test {
 protected:
  ReadPoolTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    kernel_ = sys::Fd(ends[0]);
    device_ = sys::Fd(ends[1]);
  }
  ~ReadPoolTest() override { ending_.request_stop(); }

  size_t read(const FileRead& read) {
    if (read.file != 1) return 0;
    std::unique_lock lock(mutex_);
    ++stuck_;
    changed_.notify_all();
    changed_.wait(lock, ending_.get_token(), [] { return false; });
    return 0;
  }
  void wait_for_stuck(int count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::milliseconds(kDeadline), [&] { return stuck_ >= count; }));
    EXPECT_EQ(stuck_, count);
  }
  // The number and error of the next answer; 0 when none comes.
  std::pair<std::uint64_t, int> answer() {
    pollfd event{.fd = kernel_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&event, 1, kDeadline) != 1) return {0, 0};
    fuse_out_header header{};
    EXPECT_EQ(::read(kernel_.get(), &header, sizeof header), static_cast<ssize_t>(sizeof header));
    return {header.unique, -header.error};
  }
  void post(std::uint64_t unique, std::uint32_t pid, FileTree::Id file) {
    pool_.post(source_, {.unique = unique, .pid = pid, .file = file});
  }

  sys::Fd kernel_;
  sys::Fd device_;
  std::stop_source ending_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int stuck_ = 0;
  const ReadPool::Source source_{device_, [this](const FileRead& wanted, char* /*buffer*/) { return read(wanted); },
                                 [](FileTree::Id /*file*/, const std::string& why) { ADD_FAILURE() << why; }};
  ReadPool pool_{8, [](std::uint32_t thread) { return std::to_string(thread); }, ending_};
};

TEST_F(ReadPoolTest, GroupsThatAreStuckLeaveThreadsToOthers) {
  for (int i = 0; i < 20; ++i) post(100 + i, 1, 1);
  wait_for_stuck(4);
  for (int i = 0; i < 20; ++i) post(200 + i, 2, 1);
  wait_for_stuck(6);
  std::set<std::uint64_t> answered;
  for (int i = 0; i < 20; ++i) post(300 + i, 3, 2);
  for (int i = 0; i < 20; ++i) answered.insert(answer().first);
  EXPECT_EQ(answered.size(), 20u);
  EXPECT_EQ(*answered.begin(), 300u);
}

TEST_F(ReadPoolTest, AReaderThatIsKilledAfterAnotherSignalIsLetGo) {
  sys::Child child = sys::spawn("/bin/sleep", {"1000"}, {}, device_);
  const auto reader = static_cast<std::uint32_t>(child.pid());
  post(7, reader, 1);
  wait_for_stuck(1);
  pool_.interrupt(source_, 7);
  pool_.interrupt(source_, 8);  // nobody's
  post(9, reader, 2);
  EXPECT_EQ(answer(), std::make_pair(std::uint64_t{9}, 0)) << "it lives: its read goes on";
  child.kill_and_reap();
  EXPECT_EQ(answer(), std::make_pair(std::uint64_t{7}, EINTR));
}

TEST_F(ReadPoolTest, AReadThatWaitsInTheQueueIsLetGoTooAndNotReadLater) {
  constexpr std::uint32_t kNobody = 0x7fffffff;
  for (int i = 0; i < 4; ++i) post(100 + i, kNobody, 1);
  wait_for_stuck(4);
  post(7, kNobody, 1);
  pool_.interrupt(source_, 7);
  EXPECT_EQ(answer(), std::make_pair(std::uint64_t{7}, EINTR));
}

}  // namespace
}  // namespace minibox::lazy
