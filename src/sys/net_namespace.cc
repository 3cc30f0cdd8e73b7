#include "sys/net_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

std::string sysctl_path(const std::string& name) {
  return "/proc/sys/" + name;
}

// "0\t2147483647\n" -> "0 2147483647", as ping_group_range prints itself.
std::string normalized(std::string text) {
  std::replace(text.begin(), text.end(), '\t', ' ');
  return std::string(trim(text));
}

}  // namespace

Fd current_net_namespace() {
  return open_file("/proc/thread-self/ns/net", O_RDONLY);
}

NetNamespaceScope NetNamespaceScope::create() {
  Fd home = current_net_namespace();
  if (::unshare(CLONE_NEWNET) != 0) throw Error::from_errno("unshare(CLONE_NEWNET)", errno);
  return NetNamespaceScope(std::move(home));
}

NetNamespaceScope::~NetNamespaceScope() {
  if (!home_ || ::setns(home_.get(), CLONE_NEWNET) == 0) return;
  std::perror("minibox: can't return to the host's network namespace");
  std::abort();
}

bool has_net_sysctl(const std::string& name) {
  return exists(sysctl_path(name));
}

void set_net_sysctl(const std::string& name, const std::string& value) {
  const std::string path = sysctl_path(name);
  if (normalized(read_file(path, 4096)) == value) return;
  try {
    const Fd file = open_file(path, O_WRONLY);
    write_all(file, value, path);
  } catch (Error& error) {
    error.add_context("set sysctl " + name + " to '" + value + "'");
    error.with_hint("the daemon needs a writable /proc/sys; inside a container that takes a privileged one");
    throw;
  }
}

}  // namespace minibox::sys
