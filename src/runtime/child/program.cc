#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "runtime/child/setup_steps.h"

namespace minibox::runtime::child {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

struct RlimitName {
  std::string_view name;
  __rlimit_resource resource;
};
constexpr std::array kRlimits = {
    RlimitName{"RLIMIT_AS", RLIMIT_AS},           RlimitName{"RLIMIT_CORE", RLIMIT_CORE},
    RlimitName{"RLIMIT_CPU", RLIMIT_CPU},         RlimitName{"RLIMIT_DATA", RLIMIT_DATA},
    RlimitName{"RLIMIT_FSIZE", RLIMIT_FSIZE},     RlimitName{"RLIMIT_LOCKS", __RLIMIT_LOCKS},
    RlimitName{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK}, RlimitName{"RLIMIT_MSGQUEUE", __RLIMIT_MSGQUEUE},
    RlimitName{"RLIMIT_NICE", __RLIMIT_NICE},     RlimitName{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    RlimitName{"RLIMIT_NPROC", RLIMIT_NPROC},     RlimitName{"RLIMIT_RSS", __RLIMIT_RSS},
    RlimitName{"RLIMIT_RTPRIO", __RLIMIT_RTPRIO}, RlimitName{"RLIMIT_STACK", RLIMIT_STACK},
};

enum class Candidate { kAbsent, kUnusable, kExecutable };

Candidate look_at(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return Candidate::kAbsent;
  if (!S_ISREG(info.st_mode) || (info.st_mode & 0111) == 0) return Candidate::kUnusable;
  return Candidate::kExecutable;
}

std::string environment_value(const oci::RuntimeSpec& spec, std::string_view name) {
  for (const std::string& entry : spec.process.env) {
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  }
  return {};
}

[[noreturn]] void not_executable(const std::string& path) {
  throw Error(ErrorKind::kInvalid, "command " + quote(path) + " is not executable")
      .with_hint("it is a directory or lacks the x permission")
      .with_exit_code(kNotExecutable);
}

std::string locate(const oci::RuntimeSpec& spec) {
  if (spec.process.args.empty() || spec.process.args[0].empty()) {
    throw Error(ErrorKind::kInvalid, "no command given").with_exit_code(kNotFound);
  }
  const std::string& name = spec.process.args[0];
  if (name.find('/') != std::string::npos) {
    const Candidate candidate = look_at(name);
    if (candidate == Candidate::kUnusable) not_executable(name);
    if (candidate == Candidate::kAbsent) {
      throw Error(ErrorKind::kInvalid, "command not found: " + quote(name)).with_exit_code(kNotFound);
    }
    return name;
  }
  const std::string path = environment_value(spec, "PATH");
  std::string unusable;
  for (const std::string& dir : split(path, ':')) {
    const std::string full = (dir.empty() ? "." : dir) + "/" + name;
    const Candidate candidate = look_at(full);
    if (candidate == Candidate::kUnusable && unusable.empty()) unusable = full;
    if (candidate != Candidate::kExecutable) continue;
    return full;
  }
  if (!unusable.empty()) not_executable(unusable);
  throw Error(ErrorKind::kInvalid, "command not found: " + quote(name) + " (checked PATH=" + path + ")")
      .with_exit_code(kNotFound);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

void set_hostname(const oci::RuntimeSpec& spec, ChildState&) {
  if (spec.hostname.empty()) return;
  if (::sethostname(spec.hostname.data(), spec.hostname.size()) != 0)
    throw Error::from_errno("sethostname(" + quote(spec.hostname) + ")", errno);
}

void set_rlimits(const oci::RuntimeSpec& spec, ChildState&) {
  for (const oci::Rlimit& limit : spec.process.rlimits) {
    const RlimitName* found = nullptr;
    for (const RlimitName& entry : kRlimits) {
      if (entry.name == limit.type) found = &entry;
    }
    if (found == nullptr) throw Error(ErrorKind::kInvalid, "unknown resource limit " + quote(limit.type));
    const rlimit value{limit.soft, limit.hard};
    if (::setrlimit(found->resource, &value) != 0) {
      throw Error::from_errno("setrlimit(" + limit.type + ", " + std::to_string(limit.hard) + ")", errno);
    }
  }
}

// Made when missing, as Docker does; in the container's own root by now, so its symlinks can't lead anywhere else. But
// "/proc/self/fd/7" could, to a directory of the host (CVE-2024-21626): the kernel gives no path for what is outside.
void enter_working_directory(const oci::RuntimeSpec& spec, ChildState&) {
  const std::string& cwd = spec.process.cwd;
  if (::chdir(cwd.c_str()) != 0) {
    if (errno != ENOENT) throw Error::from_errno("chdir(" + quote(cwd) + ")", errno);
    sys::RootDir::open("/").make_dirs_beneath(cwd, 0755, spec.process.user.uid, spec.process.user.gid);
    if (::chdir(cwd.c_str()) != 0) throw Error::from_errno("chdir(" + quote(cwd) + ")", errno);
  }
  char path[PATH_MAX];
  const long size = ::syscall(SYS_getcwd, path, sizeof path);
  if (size < 0 || path[0] != '/')
    throw Error(ErrorKind::kInvalid, "working directory " + quote(cwd) + " is outside the container");
}

void find_program(const oci::RuntimeSpec& spec, ChildState& state) {
  state.executable = locate(spec);
  state.arguments = pointers(spec.process.args);
  state.environment = pointers(spec.process.env);
}

}  // namespace minibox::runtime::child
