#include "runtime/child/init.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace minibox::runtime::child {
namespace {

int shell_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Ctrl-Z and the like. As for a session's leader they mean nothing for the container's own program: there is no shell
// that could let it go on. Who sends SIGSTOP means it.
bool is_of_terminal(int stop_signal) {
  return stop_signal == SIGTSTP || stop_signal == SIGTTIN || stop_signal == SIGTTOU;
}

}  // namespace

Error execve_error(const std::string& executable, int errno_value) {
  Error error = Error::from_errno("execve(" + quote(executable) + ")", errno_value);
  if (errno_value == EAGAIN || errno_value == ENOMEM) {
    return error.with_hint("a limit is too small for the first process: see --pids-limit and -m");
  }
  return error.with_kind(ErrorKind::kInvalid).with_exit_code(errno_value == ENOENT ? 127 : 126);
}

pid_t start_program(const ChildState& state) {
  // Blocked before the program exists, so that no SIGCHLD or forwarded signal is missed; the program starts unblocked.
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // The terminal's signals are for the program's group, not for us, the session's leader.
  if (::isatty(STDIN_FILENO) == 1) posix_spawn_file_actions_addtcsetpgrp_np(&actions, STDIN_FILENO);
  pid_t program = -1;
  const int error = ::posix_spawn(&program, state.executable.c_str(), &actions, &attributes, state.arguments.data(),
                                  state.environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw execve_error(state.executable, error);
  return program;
}

int run_init(pid_t program) {
  sigset_t all;
  sigfillset(&all);
  for (;;) {
    const int signo = ::sigwaitinfo(&all, nullptr);
    if (signo < 0) continue;
    if (signo != SIGCHLD) {
      ::kill(-program, signo);
      continue;
    }
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
      if (pid != program) continue;
      if (!WIFSTOPPED(status)) return shell_status(status);
      if (is_of_terminal(WSTOPSIG(status))) ::kill(-program, SIGCONT);
    }
  }
}

}  // namespace minibox::runtime::child
