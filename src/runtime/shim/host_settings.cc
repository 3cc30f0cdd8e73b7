#include "runtime/shim/host_settings.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "runtime/shim/overlay_mount.h"
#include "sys/file.h"

namespace minibox::runtime::shim {
namespace {

// One write(2) is one setting.
void write_setting(const std::string& path, const std::string& value) {
  const sys::Fd file = sys::open_file(path, O_WRONLY);
  if (::write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
    throw Error::from_errno("write('" + path + "', '" + value + "')", errno);
}

// /proc/sys shows the settings of the namespaces of whoever looks.
class InIpcNamespaceOf {
 public:
  explicit InIpcNamespaceOf(pid_t pid) : home_(sys::open_file("/proc/self/ns/ipc", O_RDONLY)) {
    enter(sys::open_file("/proc/" + std::to_string(pid) + "/ns/ipc", O_RDONLY));
  }
  InIpcNamespaceOf(const InIpcNamespaceOf&) = delete;
  InIpcNamespaceOf& operator=(const InIpcNamespaceOf&) = delete;
  ~InIpcNamespaceOf() { ::setns(home_.get(), CLONE_NEWIPC); }

 private:
  static void enter(const sys::Fd& target) {
    if (::setns(target.get(), CLONE_NEWIPC) != 0) throw Error::from_errno("setns(CLONE_NEWIPC)", errno);
  }
  sys::Fd home_;
};

// The root of the user namespace that owns the ipc namespace, whose settings are its own since Linux 5.19.
class AsRootOf {
 public:
  explicit AsRootOf(const oci::RuntimeSpec& spec) {
    if (::setegid(host_root(spec.gid_mappings)) != 0 || ::seteuid(host_root(spec.uid_mappings)) != 0)
      throw Error::from_errno("seteuid()", errno);
  }
  AsRootOf(const AsRootOf&) = delete;
  AsRootOf& operator=(const AsRootOf&) = delete;
  ~AsRootOf() {
    if (::seteuid(0) != 0 || ::setegid(0) != 0) std::abort();
  }
};

// Older kernels want the host's root, which is also who may set net.*: the network namespace is the host's.
void set_sysctl(const oci::RuntimeSpec& spec, const std::string& path, const std::string& value) {
  try {
    write_setting(path, value);
  } catch (const Error& error) {
    if (error.errno_value() != EACCES) throw;
    const AsRootOf owner(spec);
    write_setting(path, value);
  }
}

}  // namespace

void set_oom_score(const oci::RuntimeSpec& spec, pid_t init) {
  if (!spec.process.oom_score_adj) return;
  try {
    write_setting("/proc/" + std::to_string(init) + "/oom_score_adj", std::to_string(*spec.process.oom_score_adj));
  } catch (Error& error) {
    if (error.errno_value() == EACCES) error.with_hint("the daemon has no CAP_SYS_RESOURCE to lower it");
    throw;
  }
}

void set_sysctls(const oci::RuntimeSpec& spec, pid_t init) {
  if (spec.sysctl.empty()) return;
  const bool in_its_network = std::any_of(spec.namespaces.begin(), spec.namespaces.end(), [](const auto& entry) {
    return entry.type == "network" && !entry.path.empty();
  });
  const InIpcNamespaceOf inside(init);
  for (const auto& [key, value] : spec.sysctl) {
    if (key.starts_with("net.") && !in_its_network)
      throw Error(ErrorKind::kUnsupported, "sysctl " + quote(key) + " without a network namespace to join");
    std::string path = "/proc/sys/" + key;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    with_context("sysctl " + quote(key), [&] { set_sysctl(spec, path, value); });
  }
}

}  // namespace minibox::runtime::shim
