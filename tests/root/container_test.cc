// The runtime layer on real containers.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "container_fixture.h"
#include "sys/cgroup.h"
#include "sys/process.h"
#include "sys/seqpacket.h"

namespace minibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ContainerTest, OutputAndExitStatusComeBack) {
  const Result result = sh("echo out; echo err >&2; exit 7");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.output, HasSubstr("out\n"));
  EXPECT_THAT(result.output, HasSubstr("err\n"));
}

TEST_F(ContainerTest, RootInsideIsAnUnprivilegedIdOutside) {
  const Result result = sh("id -u; cat /proc/self/uid_map; touch /made; ls -ln /made /bin/busybox");
  EXPECT_THAT(result.output, HasSubstr("0     100000      65536"));
  EXPECT_THAT(result.output, Not(HasSubstr("65534")));
  // On disk the ids are the container's own: nothing was shifted or chowned.
  EXPECT_EQ(sys::try_lstat(bundle_ + "/upper/made")->st_uid, 0u);
}

TEST_F(ContainerTest, OnlyTheContainersOwnMountsAreVisible) {
  const Result result = sh("cat /proc/self/mountinfo");
  EXPECT_THAT(result.output, HasSubstr(" / / rw"));
  for (const char* host : {" / /boot", "/sys/fs/cgroup", "lowerdir+=/tmp", " /tmp rw"})
    EXPECT_THAT(result.output, Not(HasSubstr(host)));
}

TEST_F(ContainerTest, CapabilitiesNoNewPrivilegesAndSeccompHold) {
  const Result result = sh("grep -E 'Cap|NoNewPrivs|Seccomp:' /proc/self/status; grep Seccomp: /proc/1/status");
  EXPECT_THAT(result.output, HasSubstr("CapBnd:\t00000000a80425fb"));
  EXPECT_THAT(result.output, HasSubstr("CapEff:\t00000000a80425fb"));
  EXPECT_THAT(result.output, HasSubstr("CapInh:\t0000000000000000"));
  EXPECT_THAT(result.output, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(result.output, HasSubstr("Seccomp:\t2"));
}

TEST_F(ContainerTest, MaskedAndReadOnlyPathsHold) {
  const Result result =
      sh("cat /proc/keys /proc/timer_list /proc/interrupts; echo 1 > /proc/sys/kernel/core_pattern; touch /sys/x; ls "
         "/sys/firmware");
  EXPECT_THAT(result.output,
              ::testing::StartsWith("sh: can't create /proc/sys/kernel/core_pattern: Read-only file system"));
  EXPECT_THAT(result.output, HasSubstr("/sys/x: Read-only file system"));
}

TEST_F(ContainerTest, OnlyStandardDescriptorsAreOpen) {
  EXPECT_EQ(run({"ls", "/proc/self/fd"}).output, "0\n1\n2\n3\n");  // 3: ls reads the directory
}

// CVE-2024-21626: a working directory named through a descriptor that the set-up still holds would be one of the host.
TEST_F(ContainerTest, NoDescriptorOfTheSetupIsAWorkingDirectory) {
  for (int fd = 0; fd < 40; ++fd) {
    input_.request.workdir = "/proc/self/fd/" + std::to_string(fd);
    EXPECT_THAT(error_of([&] { run({"true"}); }), HasSubstr("enter the working directory: ")) << fd;
    clear_upper();
  }
}

// CVE-2019-5736: the shim's own program, executed inside, could be written to by root of the host's ids.
TEST_F(ContainerTest, TheShimItselfIsNoProgramOfTheContainer) {
  ASSERT_EQ(::symlink("/proc/self/exe", (layer_ + "/bin/self").c_str()), 0);
  for (const char* program : {"/proc/self/exe", "/bin/self", "self"}) {
    EXPECT_THAT(error_of([&] { run({program}); }), HasSubstr("is not executable")) << program;
    clear_upper();
  }
}

TEST_F(ContainerTest, SignalsEndItWith128PlusNumber) {
  runtime::Shim shim = start({"sleep", "100"});
  shim.signal(SIGTERM);
  EXPECT_EQ(finish(shim).exit_code, 128 + SIGTERM);
}

TEST_F(ContainerTest, ADeadShimTakesItsContainerWithIt) {
  const runtime::Shim shim = start({"sleep", "1000"});
  const sys::Fd init(static_cast<int>(::syscall(SYS_pidfd_open, started_.pid, 0)));
  ASSERT_TRUE(init);
  const sys::Fd killer(static_cast<int>(::syscall(SYS_pidfd_open, shim_pid(), 0)));
  sys::send_signal(killer, SIGKILL);
  EXPECT_TRUE(sys::wait_readable(init, std::chrono::seconds(5)));
  sys::Cgroup::open(policy_.cgroup_parent + "/" + id_)->remove();
}

TEST_F(ContainerTest, CommandNotFoundIs127) {
  try {
    run({"nope"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 127);
    EXPECT_THAT(error.text(), HasSubstr("find the program: command not found: 'nope' (checked PATH="));
  }
  EXPECT_TRUE(sys::Cgroup::list(policy_.cgroup_parent).empty());
}

TEST_F(ContainerTest, NotExecutableIs126) {
  sys::write_file(layer_ + "/bin/plain", "x", 0644);
  try {
    run({"/bin/plain"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 126);
  }
}

TEST_F(ContainerTest, MissingVolumeSourceNamesStepAndPath) {
  input_.request.volumes = {{"/nonexistent-minibox", "/data"}};
  EXPECT_THAT(error_of([&] { run({"true"}); }),
              HasSubstr("prepare mounts: prepare mount '/data': open_tree('/nonexistent-minibox'): No such file or "
                        "directory (ENOENT)"));
}

TEST_F(ContainerTest, ReadOnlyVolumeRejectsWrite) {
  const std::string source = dir_.path() + "/volume";
  sys::make_dirs(source, 0755);
  sys::write_file(source + "/f", "seen", 0644);
  input_.request.volumes = {{source, "/data:ro"}};
  const Result result = sh("cat /data/f; touch /data/g");
  EXPECT_THAT(result.output, HasSubstr("seen"));
  EXPECT_THAT(result.output, HasSubstr("Read-only file system"));
}

TEST_F(ContainerTest, VolumeKeepsOwnershipOfTheContainersIds) {
  const std::string source = dir_.path() + "/volume";
  sys::make_dirs(source, 0755);
  input_.request.volumes = {{source, "/data"}};
  EXPECT_EQ(sh("echo x > /data/f").exit_code, 0);
  EXPECT_EQ(sys::try_lstat(source + "/f")->st_uid, 0u);
}

TEST_F(ContainerTest, MemoryLimitKillsAndIsReported) {
  input_.request.memory = 16;
  const Result result = sh("x=a; while true; do x=$x$x; done");
  EXPECT_EQ(result.exit_code, 137);
  EXPECT_TRUE(result.oom_killed);
}

TEST_F(ContainerTest, PidsLimitContainsAForkBomb) {
  input_.request.pids_limit = 8;
  EXPECT_THAT(sh("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait").output,
              HasSubstr("Resource temporarily unavailable"));
}

TEST_F(ContainerTest, SymlinksOfTheImageDoNotLeadBindsOutside) {
  sys::write_file(dir_.path() + "/victim", "untouched", 0644);
  EXPECT_EQ(::symlink((dir_.path() + "/victim").c_str(), (layer_ + "/etc/hosts").c_str()), 0);
  sys::write_file(bundle_ + "/" + runtime::kHostsFile, "127.0.0.1 localhost\n", 0644);
  EXPECT_THAT(sh("cat /etc/hosts").output, "127.0.0.1 localhost\n");
  EXPECT_EQ(sys::read_file(dir_.path() + "/victim"), "untouched");
}

// An image whose /dev is a symlink to a directory of the host with a file named "null": the mask of /proc paths binds
// the container's /dev/null, and a plain path would have bound the host's file, readable and writable.
TEST_F(ContainerTest, ASymlinkForDevDoesNotLeadMasksOutside) {
  sys::make_dirs(dir_.path() + "/host", 0755);
  sys::write_file(dir_.path() + "/host/null", "of the host", 0644);
  ASSERT_EQ(::symlink((dir_.path() + "/host").c_str(), (layer_ + "/dev").c_str()), 0);
  std::string output;
  try {
    output = sh("cat /proc/timer_list /proc/keys /proc/interrupts").output;
  } catch (const Error& error) {
    output = error.text();  // to refuse such an image is as good
  }
  EXPECT_THAT(output, Not(HasSubstr("of the host")));
}

// CVE-2019-19921, CVE-2023-27561: proc is mounted where a link of the image leads, then a volume covers part of the
// way, and what is masked and made read-only is something else.
TEST_F(ContainerTest, ALinkForProcOrSysDoesNotLeadMasksAway) {
  for (const std::string name : {"proc", "sys"}) {
    for (const char* path : {"/data", "/real", "/volume"}) sys::make_dirs(layer_ + path, 0755);
    sys::make_dirs(dir_.path() + "/volume", 0755);
    ASSERT_EQ(::symlink("/data/link", (layer_ + "/" + name).c_str()), 0);
    ASSERT_EQ(::symlink("/real", (layer_ + "/data/link").c_str()), 0);
    input_.request.volumes = {{dir_.path() + "/volume", "/data"}};
    input_.request.userns = "host";
    try {
      const Result result = sh(": >>/real/sys/kernel/core_pattern && echo WRITABLE; ls /real");
      ADD_FAILURE() << result.output;
    } catch (const Error& error) {
      EXPECT_THAT(error.text(), HasSubstr("'/" + name + "' of the image is a symbolic link"));
    }
    ASSERT_EQ(::unlink((layer_ + "/" + name).c_str()), 0);
    ASSERT_EQ(::unlink((layer_ + "/data/link").c_str()), 0);
    clear_upper();
  }
}

TEST_F(ContainerTest, DeviceNodesOfLayersAreDead) {
  ASSERT_EQ(::mknod((layer_ + "/full").c_str(), S_IFCHR | 0666, makedev(1, 7)), 0);
  EXPECT_THAT(sh("cat /full | head -c 1; echo x > /full").output, HasSubstr("Permission denied"));
}

TEST_F(ContainerTest, EndOfTheProgramEndsDoubleForks) {
  const Result result = sh("(sleep 1000 &) ; (setsid sleep 1000 &); exit 3");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(sys::Cgroup::list(policy_.cgroup_parent).empty());
}

}  // namespace
}  // namespace minibox::test
