#include "lazy/rights.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "sys/capability.h"

namespace minibox::lazy {
namespace {

constexpr id_t kNobody = 65534;

// Root owns much that can be written to without any capability.
void become_nobody() {
  if (::setgroups(0, nullptr) != 0) throw Error::from_errno("setgroups()", errno);
  if (::setresgid(kNobody, kNobody, kNobody) != 0) throw Error::from_errno("setresgid()", errno);
  if (::setresuid(kNobody, kNobody, kNobody) != 0) throw Error::from_errno("setresuid()", errno);
}

}  // namespace

void make_undumpable() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_DUMPABLE)", errno);
}

void drop_rights(const std::vector<std::string>& kept) {
  const sys::CapabilityMask mask = sys::capability_mask(kept);
  sys::drop_bounding_set(mask);
  sys::keep_capabilities_over_setuid();
  become_nobody();
  make_undumpable();  // the kernel forgets this with a change of the user
  sys::set_capabilities({.effective = mask, .permitted = mask, .inheritable = 0});
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw Error::from_errno("prctl(PR_SET_NO_NEW_PRIVS)", errno);
}

}  // namespace minibox::lazy
