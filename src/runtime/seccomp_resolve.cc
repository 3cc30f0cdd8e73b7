#include "runtime/seccomp_resolve.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_error.h"
#include "base/text.h"

namespace minibox::runtime {
namespace {

using nlohmann::json;

#if defined(__x86_64__)
constexpr char kNative[] = "SCMP_ARCH_X86_64";
constexpr char kNativeGo[] = "amd64";  // includes.arches has Go's names
#elif defined(__aarch64__)
constexpr char kNative[] = "SCMP_ARCH_AARCH64";
constexpr char kNativeGo[] = "arm64";
#endif

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kInvalid, "seccomp profile: " + what);
}

bool is_empty(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() || found->empty();
}

// Podman writes {"errno": "ENOSYS"} beside or instead of {"errnoRet": 38}.
unsigned errno_number(const std::string& name) {
  for (int number = 1; number < 256; ++number) {
    const char* known = ::strerrorname_np(number);
    if (known != nullptr && name == known) return static_cast<unsigned>(number);
  }
  fail("unknown errno " + quote(name));
}

void copy_errno(const json& from, const char* number_key, const char* name_key, json& to) {
  if (!is_empty(from, name_key)) {
    to[number_key] = errno_number(from[name_key].get<std::string>());
  } else if (from.contains(number_key) && !from[number_key].is_null()) {
    to[number_key] = from[number_key].get<unsigned>();
  }
}

bool is_among(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool kernel_is_at_least(const std::string& version, const SeccompConditions& conditions) {
  int major = 0;
  int minor = 0;
  if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2) fail("minKernel " + quote(version));
  return std::pair(conditions.kernel_major, conditions.kernel_minor) >= std::pair(major, minor);
}

// How many of a rule's conditions there are, and how many hold: a rule is kept when all of its includes and none of its
// excludes do. Architectures are alternatives and count as one condition.
struct Count {
  size_t all = 0;
  size_t holding = 0;
};

Count count_conditions(const json& rule, const char* member, const SeccompConditions& conditions) {
  Count count;
  if (is_empty(rule, member)) return count;
  const auto note = [&](bool holds) {
    ++count.all;
    if (holds) ++count.holding;
  };
  for (const auto& [key, value] : rule[member].items()) {
    if (value.is_null()) continue;
    if (key == "caps") {
      for (const json& name : value) note(is_among(conditions.capabilities, name.get<std::string>()));
    } else if (key == "arches") {
      const auto arches = value.get<std::vector<std::string>>();
      if (!arches.empty()) note(is_among(arches, kNativeGo));
    } else if (key == "minKernel") {
      if (!value.get_ref<const std::string&>().empty()) note(kernel_is_at_least(value.get<std::string>(), conditions));
    } else {
      fail(std::string(member) + ": unknown condition " + quote(key));
    }
  }
  return count;
}

bool applies(const json& rule, const SeccompConditions& conditions) {
  const Count includes = count_conditions(rule, "includes", conditions);
  return includes.holding == includes.all && count_conditions(rule, "excludes", conditions).holding == 0;
}

json architectures_of(const json& profile) {
  if (is_empty(profile, "archMap")) {
    return is_empty(profile, "architectures") ? json::array({kNative}) : profile["architectures"];
  }
  if (!is_empty(profile, "architectures")) fail("architectures and archMap exclude each other");
  json list = json::array({kNative});
  for (const json& entry : profile["archMap"]) {
    if (entry.at("architecture") != kNative || is_empty(entry, "subArchitectures")) continue;
    for (const json& sub : entry["subArchitectures"]) list.push_back(sub);
  }
  return list;
}

json resolve_rule(const json& rule) {
  json resolved;
  resolved["names"] = is_empty(rule, "names") ? json::array({rule.at("name")}) : rule["names"];
  resolved["action"] = rule.at("action");
  copy_errno(rule, "errnoRet", "errno", resolved);
  if (!is_empty(rule, "args")) resolved["args"] = rule["args"];
  return resolved;
}

json resolve(const json& profile, const SeccompConditions& conditions) {
  if (!profile.is_object()) fail("not an object");
  json resolved;
  resolved["defaultAction"] = profile.at("defaultAction");
  copy_errno(profile, "defaultErrnoRet", "defaultErrno", resolved);
  resolved["architectures"] = architectures_of(profile);
  if (!is_empty(profile, "flags")) resolved["flags"] = profile["flags"];
  resolved["syscalls"] = json::array();
  if (is_empty(profile, "syscalls")) return resolved;
  for (const json& rule : profile["syscalls"]) {
    if (applies(rule, conditions)) resolved["syscalls"].push_back(resolve_rule(rule));
  }
  return resolved;
}

}  // namespace

SeccompConditions SeccompConditions::of_this_kernel(std::vector<std::string> capabilities) {
  SeccompConditions conditions{std::move(capabilities), 0, 0};
  utsname names{};
  if (::uname(&names) != 0) throw Error::from_errno("uname()", errno);
  if (std::sscanf(names.release, "%d.%d", &conditions.kernel_major, &conditions.kernel_minor) != 2)
    throw Error(ErrorKind::kInternal, "kernel version " + quote(names.release));
  return conditions;
}

std::string resolve_seccomp(const std::string& profile_json, const SeccompConditions& conditions) {
  try {
    return resolve(json::parse(profile_json), conditions).dump();
  } catch (const json::exception& error) {
    fail(describe_json_error(profile_json, error));
  }
}

}  // namespace minibox::runtime
