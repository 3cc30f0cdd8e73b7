#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "runtime/child/setup_steps.h"
#include "sys/process.h"
#include "sys/root_dir.h"

namespace minibox::runtime::child {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

enum class Candidate { kAbsent, kUnusable, kExecutable };

// Not through a magic link: "/proc/self/exe" is the shim (CVE-2019-5736).
Candidate look_at(const oci::RuntimeSpec& spec, const std::string& path) {
  const sys::RootDir root = sys::RootDir::open("/");
  const std::string absolute = path.starts_with('/') ? path : spec.process.cwd + "/" + path;
  struct stat info{};
  try {
    const std::optional<sys::Fd> file = root.try_open_beneath(absolute, O_PATH);
    if (!file || ::fstat(file->get(), &info) != 0) return Candidate::kAbsent;
  } catch (const Error& error) {
    if (error.errno_value() != ELOOP && error.errno_value() != EACCES) throw;
    return Candidate::kUnusable;
  }
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
      .with_hint("it is a directory, lacks the x permission, or is a link into /proc")
      .with_exit_code(kNotExecutable);
}

std::string locate(const oci::RuntimeSpec& spec) {
  if (spec.process.args.empty() || spec.process.args[0].empty()) {
    throw Error(ErrorKind::kInvalid, "no command given").with_exit_code(kNotFound);
  }
  const std::string& name = spec.process.args[0];
  if (name.find('/') != std::string::npos) {
    const Candidate candidate = look_at(spec, name);
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
    const Candidate candidate = look_at(spec, full);
    if (candidate == Candidate::kUnusable && unusable.empty()) unusable = full;
    if (candidate != Candidate::kExecutable) continue;
    return full;
  }
  if (!unusable.empty()) not_executable(unusable);
  throw Error(ErrorKind::kInvalid, "command not found: " + quote(name) + " (checked PATH=" + path + ")")
      .with_exit_code(kNotFound);
}

}  // namespace

void set_hostname(const oci::RuntimeSpec& spec, ChildState&) {
  if (spec.hostname.empty()) return;
  if (::sethostname(spec.hostname.data(), spec.hostname.size()) != 0)
    throw Error::from_errno("sethostname(" + quote(spec.hostname) + ")", errno);
}

// Made when missing by a launch, as Docker does, and not by an exec; in the container's own root by now, so its
// symlinks can't lead anywhere else. But
// "/proc/self/fd/7" could, to a directory of the host (CVE-2024-21626): the kernel gives no path for what is outside.
void enter_working_directory(const oci::RuntimeSpec& spec, ChildState& state) {
  const std::string& cwd = spec.process.cwd;
  if (::chdir(cwd.c_str()) != 0) {
    const bool is_exec = state.namespaces != 0;
    if (errno != ENOENT || is_exec) throw Error::from_errno("chdir(" + quote(cwd) + ")", errno);
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
  state.arguments = sys::exec_pointers(spec.process.args);
  state.environment = sys::exec_pointers(spec.process.env);
}

}  // namespace minibox::runtime::child
