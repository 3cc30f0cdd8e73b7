// Programs executed in a container that runs: what they may do, and what nobody may do to the shim that brings them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/clock.h"
#include "container_fixture.h"
#include "sys/process.h"

namespace minibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExecTest : public ContainerTest {
 protected:
  void end(runtime::Shim& shim) {
    shim.signal(SIGKILL);
    finish(shim);
  }
  // What the container's own program has said, up to and with `last`.
  std::string log_until(const std::string& last) const {
    const std::int64_t deadline = monotonic_us() + 60'000'000;
    std::string log;
    while (!log.ends_with(last) && monotonic_us() < deadline) {
      std::this_thread::yield();
      log = sys::read_file(bundle_ + "/" + runtime::kLogFile);
    }
    return log;
  }
};

TEST_F(ExecTest, OutputAndExitStatusComeBackAndTheLogStaysClean) {
  runtime::Shim shim = start({"sleep", "1000"});
  const Result result = exec_command(shim, {"sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(sys::read_file(bundle_ + "/" + runtime::kLogFile), "");
  end(shim);
}

TEST_F(ExecTest, ItIsConfinedAsTheContainerIs) {
  const std::string script =
      "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; cat /proc/self/cgroup /proc/self/uid_map "
      "/proc/self/mountinfo; ls /proc/self/fd; echo end";
  runtime::Shim shim = start({"sh", "-c", script + "; sleep 1000"});
  const Result result = exec_command(shim, {"sh", "-c", script});
  EXPECT_THAT(result.output, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(result.output, HasSubstr("0     100000      65536"));
  EXPECT_EQ(result.output, log_until("end\n"));
  end(shim);
}

// CVE-2024-21626: a working directory (of an image, or given with -w) that is a descriptor of the runtime's, open on a
// directory of the host. From there "../.." is the host's root.
std::string descriptor(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

TEST_F(ExecTest, NoDescriptorOfTheHostBecomesTheWorkingDirectoryOfAnExec) {
  runtime::Shim shim = start({"sleep", "1000"});
  wire::ExecRequest request;
  request.command = {"ls", "-la", ".", "../../../../../../.."};
  for (int fd = 3; fd < 40; ++fd) {
    request.workdir = descriptor(fd);
    EXPECT_THAT(error_of([&] { ADD_FAILURE() << fd << " was entered: " << exec(shim, request).output; }),
                HasSubstr("enter the working directory"));
  }
  end(shim);
}

// CVE-2019-5736: a container makes the runtime execute itself ("#!/proc/self/exe", or the program's name), keeps its
// file open through /proc/PID/exe and overwrites it once it has ended, for the host's root to execute next time. Here
// the attacker is even the host's root.
TEST_F(ExecTest, NobodyOverwritesTheShimsProgram) {
  runtime::Shim shim = start({"sleep", "1000"});
  const sys::Fd exe = sys::open_file("/proc/" + std::to_string(shim_pid()) + "/exe", O_RDONLY);
  end(shim);
  ASSERT_GT(sys::file_size(exe), 0u);
  const std::string path = "/proc/self/fd/" + std::to_string(exe.get());
  const sys::Fd writable(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (writable) {
    EXPECT_EQ(::write(writable.get(), "x", 1), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(::ftruncate(writable.get(), 0), -1);
    EXPECT_EQ(errno, EPERM);
  }
}

TEST_F(ExecTest, TheRuntimeIsNoProgramOfTheContainer) {
  sys::write_file(layer_ + "/bin/trap", "#!/proc/self/exe\n", 0755);
  runtime::Shim shim = start({"sleep", "1000"});
  // It has no control socket there and ends at once.
  EXPECT_NE(exec_command(shim, {"/bin/trap"}).exit_code, 0);
  EXPECT_THAT(error_of([&] { exec_command(shim, {"/proc/self/exe"}); }), HasSubstr("is not executable"));
  end(shim);
}

TEST_F(ExecTest, TheInitIsOutOfReachForRootInside) {
  runtime::Shim shim = start({"sleep", "1000"});
  const Result result =
      exec_command(shim, {"sh", "-c", "ls -l /proc/1/exe /proc/1/fd/0; cat /proc/1/environ /proc/1/mem"});
  EXPECT_THAT(result.output, HasSubstr("/proc/1/exe: cannot read link: Permission denied"));
  EXPECT_THAT(result.output, HasSubstr("'/proc/1/environ': Permission denied"));
  EXPECT_THAT(result.output, HasSubstr("'/proc/1/mem': Permission denied"));
  EXPECT_THAT(result.output, Not(HasSubstr("minibox-shim")));
  end(shim);
}

TEST_F(ExecTest, AProgramThatIsNotThereIs127) {
  runtime::Shim shim = start({"sleep", "1000"});
  try {
    exec_command(shim, {"nope"});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 127);
    EXPECT_THAT(error.text(), HasSubstr("find the program: command not found: 'nope'"));
  }
  sys::write_file(layer_ + "/bin/lost", "#!/no/such/interpreter\n", 0755);
  try {
    exec_command(shim, {"/bin/lost"});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 127);
    EXPECT_THAT(error.text(), HasSubstr("execve('/bin/lost')"));
  }
  end(shim);
}

TEST_F(ExecTest, AContainerThatHasEndedIsNamedSo) {
  runtime::Shim shim = start({"sleep", "1000"});
  sys::send_signal(shim.init(), SIGKILL);
  ASSERT_TRUE(sys::wait_readable(shim.init(), std::chrono::seconds(5)));
  EXPECT_THAT(error_of([&] { exec_command(shim, {"true"}); }), HasSubstr("the container has ended"));
  finish(shim);
}

TEST_F(ExecTest, TheContainersEndEndsIt) {
  runtime::Shim shim = start({"sleep", "1000"});
  // As PID 1's end takes the namespace along: the killer itself is one of the victims.
  EXPECT_EQ(exec_command(shim, {"sh", "-c", "kill -TERM 1; sleep 1000"}).exit_code, 137);
  EXPECT_EQ(finish(shim).exit_code, 128 + SIGTERM);
}

TEST_F(ExecTest, ItLivesUnderTheContainersLimits) {
  input_.request.pids_limit = 8;
  runtime::Shim shim = start({"sleep", "1000"});
  EXPECT_THAT(exec_command(shim, {"sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait"}).output,
              HasSubstr("Resource temporarily unavailable"));
  end(shim);
}

}  // namespace
}  // namespace minibox::test
