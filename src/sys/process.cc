#include "sys/process.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace minibox::sys {
namespace {

constexpr int kPassedFd = 3;

// Owner of the two posix_spawn objects.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

void plan_descriptors(SpawnPlan& plan, const Fd& passed) {
  // dup2 onto itself keeps close-on-exec, except here: posix_spawn clears it (POSIX.1-2024, glibc does).
  posix_spawn_file_actions_adddup2(&plan.actions, passed.get(), kPassedFd);
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, 0, 1);
  posix_spawn_file_actions_adddup2(&plan.actions, 0, 2);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, kPassedFd + 1);
}

void plan_signals(SpawnPlan& plan) {
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
}

}  // namespace

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    kill_and_reap();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

void Child::signal(int signo) const {
  send_signal(pidfd_, signo);
}

// The number can't be another group's: it is not given away while we have not reaped the process that brought it.
void Child::signal_group(int signo) const {
  if (::kill(-pid_, signo) == 0) return;
  if (errno != ESRCH)
    throw Error::from_errno("kill(-" + std::to_string(pid_) + ", " + std::to_string(signo) + ")", errno);
  signal(signo);
}

std::optional<int> Child::try_reap(bool block) {
  siginfo_t info{};
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | __WALL | (block ? 0 : WNOHANG));
  } while (result != 0 && errno == EINTR);
  if (result != 0) throw Error::from_errno("waitid(" + std::to_string(pid_) + ")", errno);
  if (info.si_pid == 0) return std::nullopt;
  pid_ = -1;
  pidfd_.reset();
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

void Child::kill_and_reap() noexcept {
  if (!valid()) return;
  try {
    signal(SIGKILL);
    try_reap(true);
  } catch (const Error&) {
    pid_ = -1;
  }
}

void Child::release() {
  pid_ = -1;
  pidfd_.reset();
}

std::vector<char*> exec_pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

Child spawn(const std::string& program, const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment, const Fd& passed) {
  SpawnPlan plan;
  plan_descriptors(plan, passed);
  plan_signals(plan);
  const std::vector<char*> argv = exec_pointers(arguments);
  const std::vector<char*> envp = exec_pointers(environment);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &plan.actions, &plan.attributes, argv.data(), envp.data());
  if (error != 0) throw Error::from_errno("posix_spawn('" + program + "')", error);
  // Not racy: only we reap this child, so its pid can't be reused before pidfd_open.
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) throw Error::from_errno("pidfd_open()", errno);
  return {pid, std::move(pidfd)};
}

Child clone_process(const CloneOptions& options) {
  int pidfd = -1;
  clone_args args{};
  args.flags = options.flags | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<__u64>(&pidfd);
  args.exit_signal = SIGCHLD;
  if (options.cgroup != nullptr) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<__u64>(options.cgroup->get());
  }
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) throw Error::from_errno("clone3()", errno);
  if (pid == 0) return {};
  return {static_cast<pid_t>(pid), Fd(pidfd)};
}

void send_signal(const Fd& pidfd, int signo) {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signo, nullptr, 0) != 0 && errno != ESRCH) {
    throw Error::from_errno("pidfd_send_signal(" + std::to_string(signo) + ")", errno);
  }
}

void raise_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw Error::from_errno("getrlimit(RLIMIT_NOFILE)", errno);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw Error::from_errno("setrlimit(RLIMIT_NOFILE)", errno);
}

bool has_ended(const Fd& pidfd) {
  pollfd entry{pidfd.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

void join_namespaces(const Fd& pidfd, std::uint64_t flags) {
  if (::setns(pidfd.get(), static_cast<int>(flags)) != 0) throw Error::from_errno("setns()", errno);
}

}  // namespace minibox::sys
