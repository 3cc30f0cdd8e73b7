// One container seen from its shim: started from a bundle, ended once. Owns the init, its cgroup and the read ends of
// its output.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "oci/runtime_spec.h"
#include "runtime/log_index.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/process.h"

namespace minibox::runtime::shim {

using Steps = std::vector<std::pair<std::string, long>>;  // name, microseconds

class Container {
 public:
  // Returns once the program runs. Error: which step failed, on what and why; nothing of the container is left then.
  static Container start(const std::string& bundle);
  Container(Container&&) = default;
  ~Container();

  const sys::Child& init() const { return init_; }
  sys::Child& init() { return init_; }
  const sys::Fd& out() const { return out_; }
  const sys::Fd& err() const { return err_; }
  const Steps& shim_steps() const { return shim_steps_; }
  const Steps& child_steps() const { return child_steps_; }
  bool out_of_memory() const { return cgroup_ && cgroup_->oom_kills() > 0; }
  std::uint64_t log_limit() const { return log_limit_; }  // bytes
  void remove_cgroup() noexcept;

 private:
  Container() = default;
  void clone_into_place(const oci::RuntimeSpec& spec, const std::string& seccomp_program);
  void map_ids(const oci::RuntimeSpec& spec) const;
  void wait_until_started(const oci::RuntimeSpec& spec);

  sys::Child init_;
  std::unique_ptr<sys::Cgroup> cgroup_;
  std::vector<sys::Fd> kept_;  // see PreparedMounts
  sys::Fd channel_;
  std::uint64_t log_limit_ = kDefaultLogLimit;
  sys::Fd out_;
  sys::Fd err_;
  Steps shim_steps_;
  Steps child_steps_;
};

}  // namespace minibox::runtime::shim
