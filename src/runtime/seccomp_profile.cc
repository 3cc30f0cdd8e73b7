#include "runtime/seccomp_profile.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/json_error.h"
#include "base/text.h"
#include "sys/file.h"

// The profile's text, profiles/default.json, by the linker (.incbin in default_profile.S).
extern "C" const char minibox_default_profile[];
extern "C" const char minibox_default_profile_end[];

namespace minibox::runtime {
namespace {

using nlohmann::json;

struct FilterCloser {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterCloser>;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kInvalid, "seccomp profile: " + what);
}

void check(int result, const std::string& what) {
  if (result != 0) throw Error::from_errno("seccomp profile: " + what, -result);
}

std::uint32_t parse_action(const std::string& name, const json& owner, const char* errno_key) {
  const unsigned error = owner.value(errno_key, static_cast<unsigned>(EPERM));
  if (name == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (name == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(error);
  if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_THREAD") return SCMP_ACT_KILL_THREAD;
  if (name == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  if (name == "SCMP_ACT_TRAP") return SCMP_ACT_TRAP;
  if (name == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  throw Error(ErrorKind::kUnsupported, "seccomp profile: action " + quote(name));
}

scmp_compare parse_operator(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, scmp_compare>, 7> kOperators = {
      {{"SCMP_CMP_NE", SCMP_CMP_NE},
       {"SCMP_CMP_LT", SCMP_CMP_LT},
       {"SCMP_CMP_LE", SCMP_CMP_LE},
       {"SCMP_CMP_EQ", SCMP_CMP_EQ},
       {"SCMP_CMP_GE", SCMP_CMP_GE},
       {"SCMP_CMP_GT", SCMP_CMP_GT},
       {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}}};
  for (const auto& [known, value] : kOperators) {
    if (known == name) return value;
  }
  throw Error(ErrorKind::kUnsupported, "seccomp profile: operator " + quote(name));
}

std::vector<scmp_arg_cmp> parse_arguments(const json& rule) {
  std::vector<scmp_arg_cmp> conditions;
  if (!rule.contains("args") || rule["args"].is_null()) return conditions;
  for (const json& argument : rule["args"]) {
    const unsigned index = argument.at("index").get<unsigned>();
    if (index > 5) fail("argument index " + std::to_string(index));
    conditions.push_back({index, parse_operator(argument.at("op").get<std::string>()),
                          argument.at("value").get<std::uint64_t>(), argument.value("valueTwo", std::uint64_t{0})});
  }
  return conditions;
}

// libseccomp takes each argument once a rule. Profiles that compare one twice mean alternatives, as in runc.
std::vector<std::vector<scmp_arg_cmp>> alternatives(std::vector<scmp_arg_cmp> conditions) {
  unsigned seen = 0;
  bool twice = false;
  for (const scmp_arg_cmp& condition : conditions) {
    twice = twice || (seen & 1U << condition.arg) != 0;
    seen |= 1U << condition.arg;
  }
  if (!twice) return {std::move(conditions)};
  std::vector<std::vector<scmp_arg_cmp>> each;
  for (const scmp_arg_cmp& condition : conditions) each.push_back({condition});
  return each;
}

void add_rule(const Filter& filter, const json& rule, std::uint32_t default_action) {
  for (const char* member : {"includes", "excludes"}) {
    if (rule.contains(member)) fail(std::string(member) + " in a profile that is to be compiled");
  }
  const std::uint32_t action = parse_action(rule.at("action").get<std::string>(), rule, "errnoRet");
  if (action == default_action) return;  // libseccomp refuses a rule that changes nothing
  const auto conditions = alternatives(parse_arguments(rule));
  for (const json& name : rule.at("names")) {
    const int number = seccomp_syscall_resolve_name(name.get_ref<const std::string&>().c_str());
    if (number == __NR_SCMP_ERROR) continue;
    for (const std::vector<scmp_arg_cmp>& all : conditions) {
      check(seccomp_rule_add_array(filter.get(), action, number, static_cast<unsigned>(all.size()), all.data()),
            "rule for " + quote(name.get<std::string>()));
    }
  }
}

// The native one is there from the beginning.
void add_architectures(const Filter& filter, const json& profile) {
  for (const json& entry : profile.value("architectures", json::array())) {
    const std::string name = entry.get<std::string>();
    const std::uint32_t architecture =
        name.starts_with("SCMP_ARCH_") ? seccomp_arch_resolve_name(to_lower(name.substr(10)).c_str()) : 0;
    if (architecture == 0) throw Error(ErrorKind::kUnsupported, "seccomp profile: architecture " + quote(name));
    const int result = seccomp_arch_add(filter.get(), architecture);
    if (result != -EEXIST) check(result, "architecture " + quote(name));
  }
}

// SPEC_ALLOW is what the set-up loads every filter with, and TSYNC makes no difference to its one thread.
void check_flags(const json& profile) {
  for (const json& entry : profile.value("flags", json::array())) {
    const std::string name = entry.get<std::string>();
    if (name != "SECCOMP_FILTER_FLAG_SPEC_ALLOW" && name != "SECCOMP_FILTER_FLAG_TSYNC")
      throw Error(ErrorKind::kUnsupported, "seccomp profile: flag " + quote(name));
  }
}

std::string export_program(const Filter& filter) {
  const sys::Fd memory(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!memory) throw Error::from_errno("memfd_create()", errno);
  check(seccomp_export_bpf(filter.get(), memory.get()), "export");
  ::lseek(memory.get(), 0, SEEK_SET);
  return sys::read_all(memory, 1 << 20, "seccomp program");
}

}  // namespace

std::string default_seccomp_profile() {
  return {minibox_default_profile, minibox_default_profile_end};
}

std::string compile_seccomp(const std::string& profile_json) {
  try {
    const json profile = json::parse(profile_json);
    check_flags(profile);
    const std::uint32_t default_action =
        parse_action(profile.at("defaultAction").get<std::string>(), profile, "defaultErrnoRet");
    const Filter filter(seccomp_init(default_action));
    if (!filter) throw Error(ErrorKind::kExhausted, "seccomp_init failed");
    // An architecture that is not named, i386 and x32 in the built-in profile, meets the action for foreign ones.
    add_architectures(filter, profile);
    check(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)), "foreign architectures");
    check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "binary tree");
    for (const json& rule : profile.value("syscalls", json::array())) add_rule(filter, rule, default_action);
    return export_program(filter);
  } catch (const json::exception& error) {
    fail(describe_json_error(profile_json, error));
  }
}

}  // namespace minibox::runtime
