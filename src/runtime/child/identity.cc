#include <grp.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "runtime/child/setup_steps.h"
#include "sys/capability.h"

namespace minibox::runtime::child {
namespace {

void set_ids(unsigned uid, unsigned gid, const std::vector<unsigned>& groups) {
  if (::setgroups(groups.size(), groups.data()) != 0) throw Error::from_errno("setgroups()", errno);
  if (::setresgid(gid, gid, gid) != 0) throw Error::from_errno("setresgid(" + std::to_string(gid) + ")", errno);
  if (::setresuid(uid, uid, uid) != 0) throw Error::from_errno("setresuid(" + std::to_string(uid) + ")", errno);
}

}  // namespace

void become_root(const oci::RuntimeSpec&, ChildState&) {
  set_ids(0, 0, {});
}

void switch_user(const oci::RuntimeSpec& spec, ChildState&) {
  const oci::User& user = spec.process.user;
  // The sets are narrowed by the next step; a plain setresuid would already have emptied them, capabilities(7).
  if (user.uid != 0) sys::keep_capabilities_over_setuid();
  set_ids(user.uid, user.gid, user.additional_gids);
}

}  // namespace minibox::runtime::child
