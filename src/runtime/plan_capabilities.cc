#include "runtime/plan_capabilities.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "sys/capability.h"

namespace minibox::runtime {
namespace {

constexpr char kAll[] = "ALL";

// What the start scripts of the PostgreSQL, MariaDB, Redis and MongoDB images do as root: make the data directory
// theirs (CHOWN, FOWNER, and DAC_OVERRIDE to go through directories closed to all but their owner), then become the
// server's user (SETUID, SETGID) and, with setpriv, empty the bounding set (SETPCAP). KILL is for the init: the server
// has another user then, and still has to get the signal of `minibox stop`.
const std::vector<std::string>& database_capabilities() {
  static const std::vector<std::string> kNames = {"CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL",
                                                  "CAP_SETGID", "CAP_SETPCAP",      "CAP_SETUID"};
  return kNames;
}

std::string full_name(const std::string& word) {
  std::string name = word;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return name.starts_with("CAP_") || name == kAll ? name : "CAP_" + name;
}

struct Choice {
  bool all = false;
  sys::CapabilityMask mask = 0;
};

Choice parse_choice(const char* field, const std::vector<std::string>& words) {
  Choice choice;
  for (const std::string& word : words) {
    const std::string name = full_name(word);
    if (name == kAll) {
      choice.all = true;
      continue;
    }
    try {
      choice.mask |= sys::capability_mask({name});
    } catch (Error&) {
      Error error(ErrorKind::kInvalid, std::string(field) + ": unknown capability " + quote(word));
      const std::string near = nearest(name, sys::capability_names(~sys::CapabilityMask{0}));
      throw error.with_hint(near.empty() ? "capabilities(7) lists them" : "did you mean " + quote(near) + "?");
    }
  }
  return choice;
}

}  // namespace

const std::vector<std::string>& default_capabilities() {
  static const std::vector<std::string> kNames = {
      "CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",    "CAP_FSETID",
      "CAP_KILL",        "CAP_MKNOD",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",   "CAP_SETFCAP",
      "CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT"};
  return kNames;
}

std::vector<std::string> plan_capabilities(const wire::RunRequest& request, bool host_ids) {
  std::vector<std::string> base = request.db_mode ? database_capabilities() : default_capabilities();
  if (host_ids) std::erase(base, "CAP_NET_RAW");
  if (request.cap_add.empty() && request.cap_drop.empty()) return base;
  const Choice add = parse_choice("cap_add", request.cap_add);
  const Choice drop = parse_choice("cap_drop", request.cap_drop);
  const auto both = sys::capability_names(add.mask & drop.mask);
  if (!both.empty() || (add.all && drop.all)) {
    throw Error(ErrorKind::kInvalid, "capability " + quote(both.empty() ? kAll : both[0]) + " is added and dropped");
  }
  const sys::CapabilityMask all = sys::capability_mask(sys::capability_names(~sys::CapabilityMask{0}));
  const sys::CapabilityMask start = drop.all ? 0 : add.all ? all : sys::capability_mask(base);
  return sys::capability_names((start | add.mask) & ~drop.mask);
}

void refuse_idle_capabilities(const wire::RunRequest& request) {
  const sys::CapabilityMask network = sys::capability_mask({"CAP_NET_ADMIN", "CAP_NET_RAW"});
  const auto idle = sys::capability_names(parse_choice("cap_add", request.cap_add).mask & network);
  if (idle.empty()) return;
  throw Error(ErrorKind::kInvalid,
              "cap_add: " + idle[0] + " would have no effect: a container's network belongs to the host")
      .with_hint("leave it out, or add --userns host: it counts there, for the bridge and all on it");
}

}  // namespace minibox::runtime
