#include "runtime/plan_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace minibox::runtime {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

[[noreturn]] void invalid(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::kInvalid, message).with_hint(hint);
}

// Units are the kernel's, as for Docker: bytes, seconds, numbers (getrlimit(2)).
constexpr std::array<std::string_view, 16> kUlimits = {"as",      "core",     "cpu",        "data",   "fsize", "locks",
                                                       "memlock", "msgqueue", "nice",       "nofile", "nproc", "rss",
                                                       "rtprio",  "rttime",   "sigpending", "stack"};

std::string rlimit_type(const std::string& name) {
  if (std::find(kUlimits.begin(), kUlimits.end(), name) == kUlimits.end()) {
    const std::string near = nearest(name, {kUlimits.begin(), kUlimits.end()});
    invalid("unknown ulimit " + quote(name), near.empty() ? "known: " + join({kUlimits.begin(), kUlimits.end()}, " ")
                                                          : "did you mean " + quote(near) + "?");
  }
  std::string type = "RLIMIT_";
  for (const char c : name) type += static_cast<char>(c - 'a' + 'A');
  return type;
}

std::uint64_t rlimit_value(const std::string& name, const std::string& text) {
  if (text == "-1" || text == "unlimited") return RLIM_INFINITY;
  const auto value = parse_int(text, 0, INT64_MAX);
  if (!value) invalid("ulimit " + quote(name) + ": " + quote(text) + " is not a number, -1 or 'unlimited'");
  return static_cast<std::uint64_t>(*value);
}

oci::Rlimit parse_ulimit(const std::string& name, const std::string& text) {
  const size_t colon = text.find(':');
  oci::Rlimit limit{rlimit_type(name), rlimit_value(name, text.substr(0, colon)), 0};
  limit.hard = colon == std::string::npos ? limit.soft : rlimit_value(name, text.substr(colon + 1));
  if (limit.soft > limit.hard)
    invalid("ulimit " + quote(name) + ": the soft limit is above the hard one in " + quote(text));
  return limit;
}

// namespaces(7), ipc_namespaces(7). kernel.shm_rmid_forced and the rest belong to the ipc namespace as well.
constexpr std::array<std::string_view, 8> kIpcSysctls = {"kernel.msgmax", "kernel.msgmnb",         "kernel.msgmni",
                                                         "kernel.sem",    "kernel.shmall",         "kernel.shmmax",
                                                         "kernel.shmmni", "kernel.shm_rmid_forced"};

bool is_namespaced(const std::string& key) {
  if (std::find(kIpcSysctls.begin(), kIpcSysctls.end(), key) != kIpcSysctls.end()) return true;
  return key.starts_with("fs.mqueue.") || key.starts_with("net.");
}

// Words of letters, digits, '_' and '-' between dots: nothing that could lead out of /proc/sys.
void check_sysctl_key(const std::string& key) {
  bool good = true;
  for (const std::string& word : split(key, '.')) {
    good = good && !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
           });
  }
  if (!good) invalid("invalid sysctl " + quote(key), "as in net.core.somaxconn=1024");
  if (is_namespaced(key)) return;
  throw Error(ErrorKind::kDenied,
              "sysctl " + quote(key) + " is not the container's own: it would change the whole host")
      .with_hint("allowed: net.*, fs.mqueue.*, kernel.shm*, kernel.msg* and kernel.sem; set others on the host");
}

// cpusets(7), list format: "0-3,6".
void check_cpuset(const std::string& list) {
  for (const std::string& range : split(list, ',')) {
    const size_t dash = range.find('-');
    const auto first = parse_int(range.substr(0, dash), 0, 8191);
    const auto last = dash == std::string::npos ? first : parse_int(range.substr(dash + 1), 0, 8191);
    if (!first || !last || *first > *last) invalid("invalid cpuset " + quote(list), "processors as in 0-3,6");
  }
}

}  // namespace

std::vector<oci::Rlimit> plan_rlimits(const wire::RunRequest& request) {
  std::vector<oci::Rlimit> limits = {
      {"RLIMIT_CORE", 0, 0}, {"RLIMIT_NOFILE", 1024, 4096}, {"RLIMIT_NPROC", 4096, 4096}};
  for (const auto& [name, text] : request.ulimits) {
    const oci::Rlimit asked = parse_ulimit(name, text);
    std::erase_if(limits, [&](const oci::Rlimit& limit) { return limit.type == asked.type; });
    limits.push_back(asked);
  }
  return limits;
}

std::map<std::string, std::string> plan_sysctls(const wire::RunRequest& request) {
  for (const auto& [key, value] : request.sysctls) {
    check_sysctl_key(key);
    if (value.empty() || value.find('\n') != std::string::npos)
      invalid("sysctl " + quote(key) + ": invalid value " + quote(value));
  }
  return request.sysctls;
}

void add_resources(const wire::RunRequest& request, oci::Resources& resources) {
  if (!request.cpuset.empty()) check_cpuset(request.cpuset);
  resources.cpuset_cpus = request.cpuset;
  if (request.io_weight != 0) resources.block_io_weight = request.io_weight;
  if (request.memory_swap == 0) return;
  if (request.memory == 0) invalid("memory_swap needs memory beside it", "--memory-swap is memory and swap together");
  if (request.memory_swap > 0 && request.memory_swap < request.memory) {
    invalid("memory_swap " + std::to_string(request.memory_swap) + " is below memory " + std::to_string(request.memory),
            "--memory-swap is memory and swap together");
  }
  resources.memory_swap = request.memory_swap < 0 ? -1 : request.memory_swap * kMebibyte;
}

std::vector<oci::DeviceRule> plan_device_rules(const std::vector<oci::Device>& devices,
                                               const std::vector<HostDevice>& asked) {
  std::vector<oci::DeviceRule> rules = {{}};  // refuses everything
  for (const oci::Device& device : devices) rules.push_back({true, device.type, device.major, device.minor, "rwm"});
  rules.push_back({true, 'c', 5, 1, "rwm"});    // console
  rules.push_back({true, 'c', 5, 2, "rwm"});    // ptmx
  rules.push_back({true, 'c', 136, {}, "rw"});  // the terminals of devpts
  for (const HostDevice& entry : asked)
    rules.push_back({true, entry.device.type, entry.device.major, entry.device.minor, entry.access});
  return rules;
}

}  // namespace minibox::runtime
