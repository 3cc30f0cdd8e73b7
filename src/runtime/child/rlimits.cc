#include "runtime/child/rlimits.h"

#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "runtime/child/setup_steps.h"

namespace minibox::runtime::child {
namespace {

struct RlimitName {
  std::string_view name;
  __rlimit_resource resource;
};
constexpr std::array kRlimits = {
    RlimitName{"RLIMIT_AS", RLIMIT_AS},
    RlimitName{"RLIMIT_CORE", RLIMIT_CORE},
    RlimitName{"RLIMIT_CPU", RLIMIT_CPU},
    RlimitName{"RLIMIT_DATA", RLIMIT_DATA},
    RlimitName{"RLIMIT_FSIZE", RLIMIT_FSIZE},
    RlimitName{"RLIMIT_LOCKS", __RLIMIT_LOCKS},
    RlimitName{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    RlimitName{"RLIMIT_MSGQUEUE", __RLIMIT_MSGQUEUE},
    RlimitName{"RLIMIT_NICE", __RLIMIT_NICE},
    RlimitName{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    RlimitName{"RLIMIT_NPROC", RLIMIT_NPROC},
    RlimitName{"RLIMIT_RSS", __RLIMIT_RSS},
    RlimitName{"RLIMIT_RTPRIO", __RLIMIT_RTPRIO},
    RlimitName{"RLIMIT_RTTIME", __RLIMIT_RTTIME},
    RlimitName{"RLIMIT_SIGPENDING", __RLIMIT_SIGPENDING},
    RlimitName{"RLIMIT_STACK", RLIMIT_STACK},
};

__rlimit_resource resource_of(const oci::Rlimit& limit) {
  for (const RlimitName& entry : kRlimits) {
    if (entry.name == limit.type) return entry.resource;
  }
  throw Error(ErrorKind::kInvalid, "unknown resource limit " + quote(limit.type));
}

void set_limit(const oci::Rlimit& limit, const rlimit& value) {
  if (::setrlimit(resource_of(limit), &value) != 0) {
    throw Error::from_errno("setrlimit(" + limit.type + ", " + std::to_string(value.rlim_max) + ")", errno);
  }
}

}  // namespace

void raise_hard_limits(const oci::RuntimeSpec& spec) {
  for (const oci::Rlimit& limit : spec.process.rlimits) {
    rlimit own{};
    if (::getrlimit(resource_of(limit), &own) != 0) throw Error::from_errno("getrlimit(" + limit.type + ")", errno);
    if (limit.hard <= own.rlim_max) continue;
    try {
      set_limit(limit, {own.rlim_cur, limit.hard});
    } catch (Error& error) {
      error.with_hint("the daemon's own hard limit is " + std::to_string(own.rlim_max) +
                      ", and it has no CAP_SYS_RESOURCE to raise it");
      throw;
    }
  }
}

void set_rlimits(const oci::RuntimeSpec& spec, ChildState&) {
  for (const oci::Rlimit& limit : spec.process.rlimits) set_limit(limit, {limit.soft, limit.hard});
}

}  // namespace minibox::runtime::child
