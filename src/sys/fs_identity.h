// File system ids of the calling thread (setfsuid(2)). On an idmapped mount the kernel makes files only for a caller
// whose ids the mount knows: EOVERFLOW otherwise. So to write into a running container the daemon borrows its root's
// ids, and keeps its capabilities.
#pragma once

#include <sys/types.h>

namespace minibox::sys {

class FsIdentity {
 public:
  explicit FsIdentity(unsigned id);  // user and group; destroy it on the same thread
  FsIdentity(const FsIdentity&) = delete;
  FsIdentity& operator=(const FsIdentity&) = delete;
  ~FsIdentity();

 private:
  uid_t uid_;
  gid_t gid_;
};

}  // namespace minibox::sys
