// Network namespaces. The calling thread is moved in and back; other threads of the process are not disturbed, because
// a namespace belongs to a task, not to the process. What is opened while inside (netlink sockets, /proc/sys/net) stays
// bound to that namespace.
#pragma once

#include <string>

#include "sys/fd.h"

namespace minibox::sys {

Fd current_net_namespace();  // of the calling thread

// While it lives, the calling thread is inside a network namespace made for it; create and destroy it on the same
// thread. If the way back should fail the process is ended: a thread of the daemon must never work on in a container's
// namespace.
class NetNamespaceScope {
 public:
  static NetNamespaceScope create();  // owned by the caller's user namespace
  NetNamespaceScope(NetNamespaceScope&&) noexcept = default;
  NetNamespaceScope& operator=(NetNamespaceScope&&) = delete;
  ~NetNamespaceScope();

 private:
  explicit NetNamespaceScope(Fd home) : home_(std::move(home)) {}
  Fd home_;
};

// Sysctls of the calling thread's network namespace: "net/ipv4/ip_forward". Writes only when the value differs, so that
// a read-only /proc/sys that already says the right thing is fine.
void set_net_sysctl(const std::string& name, const std::string& value);
bool has_net_sysctl(const std::string& name);

}  // namespace minibox::sys
