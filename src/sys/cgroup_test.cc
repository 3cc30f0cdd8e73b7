#include "sys/cgroup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "sys/file.h"

namespace minibox::sys {
namespace {

// The files of a v1 host without a cgroup2 hierarchy, as plain directories. Where tasks is a fifo, who joins
// waits there until the test has opened it.
class CgroupV1Test : public ::testing::Test {
 protected:
  std::string make(const std::string& controller) const {
    const std::string dir = root_.path() + "/" + controller + "/minibox/c";
    make_dirs(dir, 0755);
    return dir + "/tasks";
  }
  std::string make_gate(const std::string& controller) const {
    const std::string path = make(controller);
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
  }
  TempDir root_{"/tmp", "minibox-unit."};
};

TEST_F(CgroupV1Test, WhoJoinsWhileAnUpdateMakesADirectoryIsInItToo) {
  const std::string first = make_gate("freezer");
  const std::string second = make_gate("pids");
  const std::unique_ptr<Cgroup> cgroup = Cgroup::open("/minibox/c", root_.path());
  std::jthread joining([&] { cgroup->join(); });
  const Fd at_first = open_file(first, O_RDONLY);  // it has looked for directories
  const std::string added = make("cpu");
  write_file(added, "");
  const Fd at_second = open_file(second, O_RDONLY);
  joining.join();
  EXPECT_EQ(read_file(added), "0");
}

}  // namespace
}  // namespace minibox::sys
