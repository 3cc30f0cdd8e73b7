// Processes: spawning helpers without fork(), cloning a container's first process, pidfds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

// A child of this process, held by pidfd so that no signal ever reaches a reused pid (pidfd_open(2)). Destroying an
// unreaped Child kills and reaps it.
class Child {
 public:
  Child() = default;
  Child(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child() { kill_and_reap(); }

  bool valid() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  const Fd& pidfd() const { return pidfd_; }  // readable when the process has ended
  void signal(int signo) const;               // no error when it has ended already
  void signal_group(int signo) const;         // the process group that it leads; itself when it leads none
  // Exit status as a shell has it: the code, or 128 + the signal. Empty while it runs (with `block` false).
  std::optional<int> try_reap(bool block = false);
  void kill_and_reap() noexcept;
  void release();  // somebody else reaps it

 private:
  pid_t pid_ = -1;
  Fd pidfd_;
};

// For execve(2): into `texts`, with the null at the end.
std::vector<char*> exec_pointers(const std::vector<std::string>& texts);

// posix_spawn (vfork inside: 7 us where fork of a big daemon costs 2700) of `program` with that environment in a new
// session, all signals default and unblocked; `passed` becomes descriptor 3, 0-2 are /dev/null, nothing else is
// open.
Child spawn(const std::string& program, const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment, const Fd& passed);

struct CloneOptions {
  std::uint64_t flags = 0;     // CLONE_NEW*
  const Fd* cgroup = nullptr;  // CLONE_INTO_CGROUP when given
};
// clone3(2). Returns in the parent with the child, in the child with an invalid Child (single-threaded callers only).
Child clone_process(const CloneOptions& options);

void send_signal(const Fd& pidfd, int signo);
bool has_ended(const Fd& pidfd);  // also when its parent has not reaped it yet

// setns(2) into the namespaces of the process behind `pidfd`, `flags` as for clone. CLONE_NEWPID counts for children
// only. For single-threaded callers.
void join_namespaces(const Fd& pidfd, std::uint64_t flags);

// As many open files as the hard limit of this process allows; the soft one is often 1024, for programs with select(2).
void raise_open_files_limit();

}  // namespace minibox::sys
