// What root inside a container can do to a process that is about to become an exec: it is stopped, by ptrace from the
// host, when it has the container's namespaces, user and capabilities already and executes the program next.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <future>

#include "container_fixture.h"
#include "sys/process.h"
#include "sys/seqpacket.h"

namespace minibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

pid_t pid_behind(const sys::Fd& pidfd) {
  const std::string info = sys::read_file("/proc/self/fdinfo/" + std::to_string(pidfd.get()));
  return std::stoi(info.substr(info.find("Pid:") + 4));
}

// The tracer of a shim and of the process that it clones.
class Tracer {
 public:
  explicit Tracer(pid_t shim) : shim_(shim) {
    request(PTRACE_SEIZE, shim_, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD);
  }
  ~Tracer() { let_go(); }

  // Returns when the clone is about to make this system call.
  void run_clone_until(long number) {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, __WALL);
      const bool traced = pid == shim_ || pid == static_cast<pid_t>(clone_);
      if (pid > 0 && !WIFSTOPPED(status) && !traced) continue;  // a child that another test has left to be reaped
      if (pid < 0 || !WIFSTOPPED(status)) throw Error(ErrorKind::kInternal, "a traced process ended");
      if (pid == shim_) {
        const int event = status >> 16;
        if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_CLONE) request(PTRACE_GETEVENTMSG, shim_, &clone_);
        request(PTRACE_CONT, shim_, signal_of(status));
        continue;
      }
      if (WSTOPSIG(status) == (SIGTRAP | 0x80) && next_call(pid) == number) return;
      request(PTRACE_SYSCALL, pid, signal_of(status));
    }
  }

  pid_t clone() const { return static_cast<pid_t>(clone_); }

  void let_go() {
    if (clone_ != 0) ::ptrace(PTRACE_DETACH, static_cast<pid_t>(clone_), nullptr, nullptr);
    clone_ = 0;
    if (shim_ != 0 && ::ptrace(PTRACE_INTERRUPT, shim_, nullptr, nullptr) == 0) {
      int status = 0;
      ::waitpid(shim_, &status, __WALL);
      ::ptrace(PTRACE_DETACH, shim_, nullptr, nullptr);
    }
    shim_ = 0;
  }

 private:
  template <typename Data>
  static void request(__ptrace_request what, pid_t pid, Data data) {
    if (::ptrace(what, pid, nullptr, data) != 0) throw Error::from_errno("ptrace()", errno);
  }
  static long signal_of(int status) {
    const bool is_signal = status >> 16 == 0 && WSTOPSIG(status) != (SIGTRAP | 0x80);
    return is_signal ? WSTOPSIG(status) : 0;
  }
  static long next_call(pid_t pid) {
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    return info.op == PTRACE_SYSCALL_INFO_ENTRY ? static_cast<long>(info.entry.nr) : -1;
  }

  pid_t shim_;
  unsigned long clone_ = 0;
};

TEST_F(ContainerTest, WhatEntersIsOutOfReachUntilItIsTheProgram) {
  runtime::Shim container = start({"sleep", "1000"});
  runtime::Shim shim = runtime::Shim::spawn(shim_program_);
  const std::string config = sys::read_file(bundle_ + "/" + runtime::kConfigFile);
  wire::ExecRequest request;
  request.command = {"true"};
  runtime::Exec exec;
  exec.init = container.init().duplicate();
  exec.spec = runtime::plan_exec(oci::RuntimeSpec::parse(config), request, std::nullopt).print();

  Tracer tracer(pid_behind(shim.process()));
  std::future<void> executed = std::async(std::launch::async, [&] { shim.exec(std::move(exec)); });
  tracer.run_clone_until(SYS_seccomp);
  const Result seen = exec_command(
      container,
      {"sh", "-c",
       "for p in /proc/[0-9]*; do grep -q minibox-shim $p/comm || continue; echo found; cat $p/comm; ls -l $p/exe "
       "$p/cwd $p/fd; cat $p/environ $p/maps; (exec 3<>$p/mem) && echo opened; done"});
  tracer.let_go();
  executed.get();

  EXPECT_THAT(seen.output, HasSubstr("found\nminibox-shim\n"));
  for (const char* file : {"exe: cannot read link", "cwd: cannot read link", "fd'", "environ'", "maps'", "mem"}) {
    EXPECT_THAT(seen.output, HasSubstr(std::string(file) + ": Permission denied"));
  }
  EXPECT_THAT(seen.output, Not(HasSubstr("memfd")));
  EXPECT_THAT(seen.output, Not(HasSubstr("opened")));
  EXPECT_EQ(shim.receive_exit()->exit_code, 0);
  container.signal(SIGKILL);
  finish(container);
}

// A set-up that hangs somewhere must not go on when the shim was killed for it.
TEST_F(ContainerTest, ASetUpEndsWithItsShim) {
  input_.request.command = {"sleep", "1000"};
  sys::write_file(bundle_ + "/" + runtime::kConfigFile, runtime::plan_launch(input_, policy_).print());
  runtime::Shim shim = runtime::Shim::spawn(shim_program_);
  Tracer tracer(pid_behind(shim.process()));
  std::future<void> launched = std::async(std::launch::async, [&] {
    runtime::Launch launch;
    launch.bundle = bundle_;
    shim.launch(std::move(launch));
  });
  tracer.run_clone_until(SYS_pivot_root);
  const sys::Fd set_up(static_cast<int>(::syscall(SYS_pidfd_open, tracer.clone(), 0)));
  ASSERT_TRUE(set_up);
  sys::send_signal(shim.process(), SIGKILL);
  EXPECT_TRUE(sys::wait_readable(set_up, std::chrono::seconds(10)));
  EXPECT_THAT(error_of([&] { launched.get(); }), HasSubstr("the shim died: signal 9"));
  tracer.let_go();
  const auto cgroup = sys::Cgroup::open(policy_.cgroup_parent + "/" + id_);
  cgroup->kill_all();
  cgroup->remove();
}

}  // namespace
}  // namespace minibox::test
