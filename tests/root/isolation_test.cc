// What the options about isolation and limits do to real containers.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "container_fixture.h"
#include "sys/capability.h"

namespace minibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class IsolationTest : public ContainerTest {
 protected:
  std::string error_of(const std::string& script) {
    try {
      sh(script);
    } catch (const Error& error) {
      return error.text() + (error.hint().empty() ? "" : " hint: " + error.hint());
    }
    return "no error";
  }
  // The filter that the engine makes for other capabilities than the default ones.
  void use_capabilities(std::vector<std::string> add, std::vector<std::string> drop) {
    input_.request.cap_add = std::move(add);
    input_.request.cap_drop = std::move(drop);
    input_.seccomp = compile_profile(runtime::default_seccomp_profile(), runtime::plan_capabilities(input_.request));
  }
};

constexpr char kShowCapabilities[] = "grep Cap /proc/self/status";

TEST_F(IsolationTest, DroppingAllCapabilitiesLeavesNone) {
  use_capabilities({}, {"ALL"});
  const Result result = sh(kShowCapabilities);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
    EXPECT_THAT(result.output, HasSubstr(std::string(set) + ":\t0000000000000000"));
}

TEST_F(IsolationTest, SystemCallsOfOtherCapabilitiesAreRefused) {
  EXPECT_THAT(sh("hostname other").output, HasSubstr("Operation not permitted"));
}

TEST_F(IsolationTest, AnAddedCapabilityIsThereAndItsSystemCallsAreToo) {
  use_capabilities({"sys_admin"}, {"ALL"});
  const Result result = sh(std::string(kShowCapabilities) + "; hostname other; hostname");
  EXPECT_THAT(result.output, HasSubstr("CapEff:\t0000000000200000"));
  EXPECT_THAT(result.output, ::testing::EndsWith("other\n"));
}

TEST_F(IsolationTest, ASeccompProfileOfTheUsersIsObeyed) {
  input_.seccomp = compile_profile(
      R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]})",
      {});
  EXPECT_THAT(sh("busybox mkdir /tmp/x").output, HasSubstr("No space left on device"));
}

TEST_F(IsolationTest, UnconfinedIsWithoutFilterButNotWithoutTheRest) {
  input_.seccomp = runtime::SeccompFilter{};
  const Result result = sh("grep -E 'Seccomp:|NoNewPrivs' /proc/self/status");
  EXPECT_THAT(result.output, HasSubstr("Seccomp:\t0"));
  EXPECT_THAT(result.output, HasSubstr("NoNewPrivs:\t1"));
}

TEST_F(IsolationTest, ReadOnlyRootRejectsWritesAndLeavesVolumesAlone) {
  const std::string source = dir_.path() + "/volume";
  sys::make_dirs(source, 0755);
  input_.request.read_only = true;
  input_.request.volumes = {{source, "/data"}};
  input_.request.tmpfs = {{"/run", ""}};
  const Result result = sh("touch /x; echo 1 > /etc/hosts; touch /data/x /run/x && echo written");
  EXPECT_THAT(result.output, HasSubstr("/x: Read-only file system"));
  EXPECT_THAT(result.output, HasSubstr("/etc/hosts: Read-only file system"));
  EXPECT_THAT(result.output, HasSubstr("written"));
}

TEST_F(IsolationTest, TmpfsHasItsSizeAndMode) {
  input_.request.tmpfs = {{"/scratch", "size=1m,mode=700"}};
  const Result result =
      sh("ls -ld /scratch; busybox dd if=/dev/zero of=/scratch/f bs=1024k count=2; mount | grep scratch");
  EXPECT_THAT(result.output, HasSubstr("drwx------"));
  EXPECT_THAT(result.output, HasSubstr("No space left on device"));
  EXPECT_THAT(result.output, HasSubstr("nosuid,nodev,noexec"));
}

TEST_F(IsolationTest, ShmHasTheSizeAskedFor) {
  input_.request.shm_size = 2;
  EXPECT_THAT(sh("busybox df -k /dev/shm").output, HasSubstr(" 2048 "));
}

TEST_F(IsolationTest, UlimitsHoldForTheProgram) {
  input_.request.ulimits = {{"nofile", "33:44"}, {"fsize", "0"}};
  const Result result = sh("ulimit -Sn; ulimit -Hn; trap '' XFSZ; echo x > /tmp/f");
  EXPECT_THAT(result.output, HasSubstr("33\n44\n"));
  EXPECT_THAT(result.output, HasSubstr("File too large"));
}

TEST_F(IsolationTest, OomScoreIsInheritedByAllOfTheContainer) {
  input_.request.oom_score_adj = 500;
  EXPECT_THAT(sh("cat /proc/1/oom_score_adj /proc/self/oom_score_adj; (cat /proc/self/oom_score_adj)").output,
              "500\n500\n500\n");
}

// Whether the daemon may lower it depends on the host: the score is either there or refused, never forgotten.
TEST_F(IsolationTest, OomScoreThatCannotBeLoweredIsAnError) {
  input_.request.oom_score_adj = -900;
  const bool permitted = (sys::current_capabilities().effective & sys::capability_mask({"CAP_SYS_RESOURCE"})) != 0;
  if (permitted) {
    EXPECT_EQ(sh("cat /proc/self/oom_score_adj").output, "-900\n");
  } else {
    EXPECT_THAT(error_of("true"), HasSubstr("CAP_SYS_RESOURCE"));
  }
}

TEST_F(IsolationTest, UlimitAboveTheDaemonsIsRaisedOrAnError) {
  input_.request.ulimits = {{"memlock", "-1"}};
  const bool permitted = (sys::current_capabilities().effective & sys::capability_mask({"CAP_SYS_RESOURCE"})) != 0;
  if (permitted) {
    EXPECT_EQ(sh("ulimit -Hl").output, "unlimited\n");
  } else {
    EXPECT_THAT(error_of("true"), HasSubstr("CAP_SYS_RESOURCE"));
  }
}

TEST_F(IsolationTest, SysctlsOfTheIpcNamespaceAreTheContainersOnly) {
  const std::string before = sys::read_file("/proc/sys/kernel/shmmni");
  input_.request.sysctls = {{"kernel.shmmni", "123"}, {"fs.mqueue.msg_max", "17"}};
  EXPECT_EQ(sh("cat /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max").output, "123\n17\n");
  EXPECT_EQ(sys::read_file("/proc/sys/kernel/shmmni"), before);
}

TEST_F(IsolationTest, CpusetLimitsTheProcessors) {
  input_.request.cpuset = "0";
  EXPECT_EQ(sh("grep Cpus_allowed_list /proc/self/status; nproc").output, "Cpus_allowed_list:\t0\n1\n");
}

TEST_F(IsolationTest, ProcessorsThatAreNotThereAreAnError) {
  input_.request.cpuset = "4000";
  EXPECT_THAT(error_of("true"), HasSubstr("this host has the processors 0"));
  EXPECT_TRUE(sys::Cgroup::list(policy_.cgroup_parent).empty());
}

TEST_F(IsolationTest, IoWeightIsAppliedOrAnErrorThatNamesTheController) {
  input_.request.io_weight = 700;
  const std::string error = error_of("true");
  if (error != "no error") EXPECT_THAT(error, ::testing::ContainsRegex("cgroup controller '(blkio|io)'.* hint: "));
  EXPECT_TRUE(sys::Cgroup::list(policy_.cgroup_parent).empty());
}

TEST_F(IsolationTest, SwapBeyondMemoryIsLimitedOrAnError) {
  input_.request.memory = 64;
  input_.request.memory_swap = 128;
  runtime::Shim shim = start({"sleep", "100"});
  const std::string v1 = "/sys/fs/cgroup/memory" + policy_.cgroup_parent + "/" + id_ + "/memory.memsw.limit_in_bytes";
  const std::string v2 = "/sys/fs/cgroup" + policy_.cgroup_parent + "/" + id_ + "/memory.swap.max";
  if (sys::exists(v1)) {
    EXPECT_EQ(sys::read_file(v1), std::to_string(128 << 20) + "\n");
  } else {
    EXPECT_EQ(sys::read_file(v2), std::to_string(64 << 20) + "\n");
  }
  shim.signal(SIGKILL);
  finish(shim);
}

// tun: a device that anybody may open, and that is not among those every container has.
constexpr char kOpenTun[] =
    "(: < /dev/net/tun) && echo read; (echo x > /dev/net/tun) || true; echo y > /dev/null && echo null";

TEST_F(IsolationTest, ADeviceIsThereWithTheAccessAskedFor) {
  input_.devices = {{{"/dev/net/tun", 'c', 10, 200, 0666}, "rw"}};
  const Result result = sh(kOpenTun);
  EXPECT_THAT(result.output, HasSubstr("read\n"));
  EXPECT_THAT(result.output, HasSubstr("File descriptor in bad state"));  // open, but no interface is behind it
  EXPECT_THAT(result.output, HasSubstr("null\n"));
}

TEST_F(IsolationTest, AReadOnlyDeviceRejectsWriters) {
  input_.devices = {{{"/dev/net/tun", 'c', 10, 200, 0666}, "r"}};
  const Result result = sh(kOpenTun);
  EXPECT_THAT(result.output, HasSubstr("read\n"));
  EXPECT_THAT(result.output, HasSubstr("/dev/net/tun: Operation not permitted"));
  EXPECT_THAT(result.output, HasSubstr("null\n"));
}

TEST_F(IsolationTest, WithoutUserNamespaceTheDeviceCgroupKeepsOtherDevicesAway) {
  input_.request.userns = "host";
  const Result result =
      sh("cat /proc/self/uid_map; for d in '7 0' '1 1' '10 200'; do mknod /dev/d$d c $d || mknod /dev/x c $d; done; "
         "echo ok > /dev/null && busybox head -c 1 /dev/zero | busybox wc -c");
  EXPECT_THAT(result.output, HasSubstr("         0          0 4294967295"));
  EXPECT_THAT(result.output, HasSubstr("Operation not permitted"));
  EXPECT_THAT(result.output, HasSubstr("\n1\n"));  // stdout and stderr come in any order
}

TEST_F(IsolationTest, WithoutUserNamespaceTheRestHolds) {
  input_.request.userns = "host";
  const Result result = sh("grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status; touch /made; cat /proc/keys");
  EXPECT_THAT(result.output, HasSubstr("CapEff:\t00000000a80405fb"));
  EXPECT_THAT(result.output, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(result.output, HasSubstr("Seccomp:\t2"));
  EXPECT_EQ(sys::try_lstat(bundle_ + "/upper/made")->st_uid, 0u);
}

TEST_F(IsolationTest, DatabaseModeHasAShortListOfCapabilities) {
  input_.request.db_mode = true;
  const Result result =
      sh("grep CapBnd /proc/self/status; touch /tmp/x; mount | grep ' /tmp '; busybox df -k /dev/shm");
  // CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, SETPCAP
  EXPECT_THAT(result.output, HasSubstr("CapBnd:\t00000000000001eb"));
  EXPECT_THAT(result.output, HasSubstr("tmpfs on /tmp "));
  EXPECT_THAT(result.output, HasSubstr(" 262144 "));
}

TEST_F(IsolationTest, MissingWorkingDirectoryIsMadeAndBelongsToTheUser) {
  input_.request.workdir = "/made/here";
  input_.user = {1000, 1000, {}};
  EXPECT_THAT(sh("pwd; ls -ldn .").output, ::testing::ContainsRegex("/made/here\n.* 1000 +1000 "));
}

}  // namespace
}  // namespace minibox::test
