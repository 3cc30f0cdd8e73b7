// One container seen from its shim: started from a bundle, ended once. Owns the init, its cgroup and our ends of its
// streams.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "oci/runtime_spec.h"
#include "runtime/log_index.h"
#include "runtime/shim/stdio.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/process.h"

namespace minibox::runtime::shim {

// What the shim reads on the host's side for a set-up that can't reach it any more.
std::string read_seccomp_program(const oci::RuntimeSpec& spec);
// CLONE_NEW* of a namespace type of the spec; Error kUnsupported.
std::uint64_t namespace_flag(const std::string& type);
// Status of a set-up that ended without a word, as an Error.
Error set_up_died(int status);

using Steps = std::vector<std::pair<std::string, long>>;  // name, microseconds

class Container {
 public:
  // Returns once the program runs. Error: which step failed, on what and why; nothing of the container is left then.
  static Container start(const std::string& bundle, bool input);
  Container(Container&&) = default;
  ~Container();

  const sys::Child& init() const { return init_; }
  sys::Child& init() { return init_; }
  StdioEnds take_stdio() { return std::move(stdio_); }
  const Steps& shim_steps() const { return shim_steps_; }
  const Steps& child_steps() const { return child_steps_; }
  bool out_of_memory() const { return cgroup_ && cgroup_->oom_kills() > 0; }
  std::uint64_t log_limit() const { return log_limit_; }  // bytes
  void remove_cgroup() noexcept;

 private:
  Container() = default;
  void clone_into_place(const oci::RuntimeSpec& spec, const std::string& seccomp_program, bool input);
  void map_ids(const oci::RuntimeSpec& spec) const;
  void wait_until_started(const oci::RuntimeSpec& spec);

  sys::Child init_;
  std::unique_ptr<sys::Cgroup> cgroup_;
  std::vector<sys::Fd> kept_;  // see PreparedMounts
  sys::Fd channel_;
  std::uint64_t log_limit_ = kDefaultLogLimit;
  StdioEnds stdio_;
  Steps shim_steps_;
  Steps child_steps_;
};

}  // namespace minibox::runtime::shim
