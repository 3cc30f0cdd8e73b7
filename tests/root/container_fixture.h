// A container straight from the runtime layer: a busybox layer and a bundle in a directory of the test's own, started
// through a real shim. No daemon, no network of its own (the container sits in the test's network namespace).
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "base/id.h"
#include "base/text.h"
#include "runtime/bundle.h"
#include "runtime/exec_planner.h"
#include "runtime/launch_planner.h"
#include "runtime/plan_capabilities.h"
#include "runtime/seccomp_profile.h"
#include "runtime/seccomp_resolve.h"
#include "runtime/shim_client.h"
#include "sys/cgroup.h"
#include "sys/file.h"
#include "sys/memory_file.h"
#include "sys/stream_pair.h"

namespace minibox::test {

inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.text();
  }
  return "no error";
}

class ContainerTest : public ::testing::Test {
 protected:
  struct Result {
    int exit_code = -1;
    bool oom_killed = false;
    std::string output;
  };

  ContainerTest() : dir_("/tmp", "minibox-root-test."), id_(random_id()) {
    layer_ = dir_.path() + "/layer";
    bundle_ = dir_.path() + "/" + id_;
    for (const char* name : {"/bin", "/etc", "/tmp", "/root"}) sys::make_dirs(layer_ + name, 0755);
    sys::write_file(layer_ + "/bin/busybox", sys::read_file("/bin/busybox"), 0755);
    for (const char* applet : {"sh", "cat", "echo", "true", "id", "ls", "grep", "mount", "hostname", "sleep", "kill",
                               "touch", "nproc", "mknod", "ps"}) {
      EXPECT_EQ(::symlink("busybox", (layer_ + "/bin/" + applet).c_str()), 0);
    }
    clear_upper();
    for (const char* name : {runtime::kHostsFile, runtime::kHostnameFile, runtime::kResolvFile})
      sys::write_file(bundle_ + "/" + name, "", 0644);
    input_.id = id_;
    input_.bundle = bundle_;
    input_.root = {{"/",
                    "overlay",
                    "overlay",
                    {"lowerdir+=" + layer_, "upperdir=" + bundle_ + "/upper", "workdir=" + bundle_ + "/work",
                     "volatile", "index=off", "metacopy=off", "redirect_dir=off"},
                    {},
                    {}}};
    input_.network_namespace = "/proc/" + std::to_string(::getpid()) + "/ns/net";
    policy_.cgroup_parent = "/minibox-test-" + std::to_string(::getpid());
    policy_.seccomp = compile_profile(runtime::default_seccomp_profile(), runtime::default_capabilities());
  }

  // Also between two runs: the kernel refuses a volatile overlay a second time.
  void clear_upper() {
    for (const char* name : {"/upper", "/work"}) {
      sys::remove_tree(bundle_ + name);
      sys::make_dirs(bundle_ + name, 0755);
    }
  }

  ~ContainerTest() override {
    try {
      sys::Cgroup::open(policy_.cgroup_parent)->remove();
    } catch (const Error& error) {
      ADD_FAILURE() << error.text();
    }
  }

  // The filter of a profile for a container with these capabilities.
  runtime::SeccompFilter compile_profile(const std::string& profile, std::vector<std::string> capabilities) {
    const auto conditions = runtime::SeccompConditions::of_this_kernel(std::move(capabilities));
    runtime::SeccompFilter filter{runtime::resolve_seccomp(profile, conditions), dir_.path() + "/seccomp.bpf"};
    sys::write_file(filter.bpf, runtime::compile_seccomp(filter.json));
    return filter;
  }

  runtime::Shim start(const std::vector<std::string>& command) {
    input_.request.command = command;
    sys::write_file(bundle_ + "/" + runtime::kConfigFile, runtime::plan_launch(input_, policy_).print());
    runtime::Shim shim = runtime::Shim::spawn(shim_program_);
    runtime::Launch launch;
    launch.bundle = bundle_;
    started_ = shim.launch(std::move(launch));
    return shim;
  }

  // Another program in the container that start() has started; its output, both streams in one.
  Result exec(const runtime::Shim& container, const wire::ExecRequest& request) {
    const std::string config = sys::read_file(bundle_ + "/" + runtime::kConfigFile);
    auto [mine, theirs] = sys::make_stream_pair();
    runtime::Exec exec;
    exec.init = container.init().duplicate();
    exec.spec = runtime::plan_exec(oci::RuntimeSpec::parse(config), request, std::nullopt).print();
    exec.client = std::move(theirs);
    exec.framed = false;
    runtime::Shim shim = runtime::Shim::spawn(shim_program_);
    shim.exec(std::move(exec));
    Result result;
    result.output = sys::read_all(mine, 1 << 20, "the exec's output");
    const auto exited = shim.receive_exit();
    if (!exited) throw Error(ErrorKind::kInternal, "the exec's shim died");
    result.exit_code = exited->exit_code;
    return result;
  }
  Result exec_command(const runtime::Shim& container, const std::vector<std::string>& command) {
    wire::ExecRequest request;
    request.command = command;
    return exec(container, request);
  }

  // The parent of the container's init is its shim.
  pid_t shim_pid() const {
    const std::string stat = sys::read_file("/proc/" + std::to_string(started_.pid) + "/stat");
    return std::stoi(split_words(stat.substr(stat.rfind(')') + 1))[1]);
  }

  Result finish(runtime::Shim& shim) {
    const auto exited = shim.receive_exit();
    if (!exited) throw Error(ErrorKind::kInternal, "the shim died");
    shim.acknowledge();
    shim.wait_until_released();
    return {exited->exit_code, exited->oom_killed, sys::read_file(bundle_ + "/" + runtime::kLogFile)};
  }

  Result run(const std::vector<std::string>& command) {
    runtime::Shim shim = start(command);
    return finish(shim);
  }
  Result sh(const std::string& script) { return run({"sh", "-c", script}); }

  sys::TempDir dir_;
  sys::Fd shim_program_ = sys::make_memory_program(MINIBOX_SHIM, sys::read_file(MINIBOX_SHIM));
  std::string id_;
  std::string layer_;
  std::string bundle_;
  runtime::LaunchInput input_;
  runtime::LaunchPolicy policy_;
  runtime::Started started_;
};

}  // namespace minibox::test
