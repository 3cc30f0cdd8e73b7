// /proc/<pid>, held open. The descriptor stays bound to the process it was opened for: when that one has ended, reads
// find nothing, even if its pid was given to another process meanwhile. So: open, ask in_cgroup(), then trust the rest.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "sys/fd.h"

namespace minibox::sys {

class ProcessDir {
 public:
  static std::optional<ProcessDir> open(pid_t pid);  // empty when there is no such process

  // "net/dev", its first bytes; empty when the process has ended.
  std::optional<std::string> read(const std::string& file, size_t at_most = 1U << 20) const;
  // Whether the process is in the cgroup `path` ("/minibox/<id>") or below, in any hierarchy.
  bool in_cgroup(const std::string& path) const;
  std::optional<Fd> open_root() const;  // its root directory, in its mount namespace; empty when it has ended

 private:
  explicit ProcessDir(Fd dir) : dir_(std::move(dir)) {}
  Fd dir_;
};

}  // namespace minibox::sys
