#include "runtime/shim/container.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "runtime/bundle.h"
#include "runtime/child/child_main.h"
#include "runtime/child/rlimits.h"
#include "runtime/shim/cgroup_limits.h"
#include "runtime/shim/host_settings.h"
#include "runtime/shim/mount_sources.h"
#include "runtime/shim/protocol.h"
#include "sys/file.h"
#include "sys/seqpacket.h"

namespace minibox::runtime::shim {
namespace {

// Namespaces with a path are joined by the shim before the clone, so that the child is born in them.
std::uint64_t enter_and_collect_flags(const oci::RuntimeSpec& spec) {
  std::uint64_t flags = 0;
  for (const oci::Namespace& entry : spec.namespaces) {
    const std::uint64_t flag = namespace_flag(entry.type);
    // Its root is fixed at the moment it is made, which must be after the move into the cgroup.
    if (flag == CLONE_NEWCGROUP) continue;
    if (entry.path.empty()) {
      flags |= flag;
      continue;
    }
    if (flag != CLONE_NEWNET) throw Error(ErrorKind::kUnsupported, "joining a namespace of type " + quote(entry.type));
    const sys::Fd fd = sys::open_file(entry.path, O_RDONLY);
    if (::setns(fd.get(), CLONE_NEWNET) != 0) throw Error::from_errno("setns(" + quote(entry.path) + ")", errno);
  }
  return flags;
}

std::uint64_t read_log_limit(const oci::RuntimeSpec& spec) {
  const auto found = spec.annotations.find(oci::kLogLimitAnnotation);
  if (found == spec.annotations.end()) return kDefaultLogLimit;
  std::uint64_t limit = 0;
  const char* const end = found->second.data() + found->second.size();
  if (std::from_chars(found->second.data(), end, limit) != std::from_chars_result{end, std::errc{}})
    throw Error(ErrorKind::kInvalid,
                std::string(oci::kLogLimitAnnotation) + "=" + quote(found->second) + " is no number of bytes");
  return limit;
}

std::string map_text(const std::vector<oci::IdMapping>& mappings) {
  std::string text;
  for (const oci::IdMapping& mapping : mappings) {
    text += std::to_string(mapping.container_id) + " " + std::to_string(mapping.host_id) + " " +
            std::to_string(mapping.size) + "\n";
  }
  return text;
}

void write_map(pid_t pid, const char* file, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  const sys::Fd fd = sys::open_file(path, O_WRONLY);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw Error::from_errno("write('" + path + "', '" + std::string(trim(text)) + "')", errno);
  }
}

// Runs one step and notes its name in the error and its time in `steps`.
template <typename Action>
decltype(auto) timed(Steps& steps, const char* name, Action action) {
  struct Note {
    Steps& steps;
    const char* name;
    std::int64_t start;
    ~Note() { steps.emplace_back(name, monotonic_us() - start); }
  } note{steps, name, monotonic_us()};
  return with_context(name, action);
}

}  // namespace

std::uint64_t namespace_flag(const std::string& type) {
  constexpr std::pair<std::string_view, std::uint64_t> kFlags[] = {
      {"user", CLONE_NEWUSER}, {"pid", CLONE_NEWPID},     {"mount", CLONE_NEWNS},     {"uts", CLONE_NEWUTS},
      {"ipc", CLONE_NEWIPC},   {"network", CLONE_NEWNET}, {"cgroup", CLONE_NEWCGROUP}};
  for (const auto& [name, flag] : kFlags) {
    if (name == type) return flag;
  }
  throw Error(ErrorKind::kUnsupported, "namespace type " + quote(type));
}

std::string read_seccomp_program(const oci::RuntimeSpec& spec) {
  const auto found = spec.annotations.find(oci::kSeccompBpfAnnotation);
  if (found != spec.annotations.end()) return sys::read_file(found->second, 1 << 20);
  if (spec.seccomp_json.empty()) return {};
  throw Error(ErrorKind::kUnsupported,
              std::string("config.json has linux.seccomp but no ") + oci::kSeccompBpfAnnotation);
}

Error set_up_died(int status) {
  return {ErrorKind::kInternal, status > 128 ? "the set-up died: signal " + std::to_string(status - 128)
                                             : "the set-up ended without a word, status " + std::to_string(status)};
}

Container Container::start(const std::string& bundle, bool input) {
  Container container;
  Steps& steps = container.shim_steps_;
  const oci::RuntimeSpec spec = timed(steps, "read config.json", [&] {
    return oci::RuntimeSpec::parse(sys::read_file(bundle + "/" + kConfigFile, 4 << 20));
  });
  container.log_limit_ = read_log_limit(spec);
  const std::string seccomp = timed(steps, "read the seccomp filter", [&] { return read_seccomp_program(spec); });
  timed(steps, "make the cgroup and its limits", [&] {
    if (spec.cgroups_path.empty()) return;
    container.cgroup_ = sys::Cgroup::open(spec.cgroups_path);
    container.cgroup_->create(limits_of(spec.resources));
  });
  child::raise_hard_limits(spec);
  timed(steps, "clone into namespaces", [&] { container.clone_into_place(spec, seccomp, input); });
  timed(steps, "map user and group ids", [&] { container.map_ids(spec); });
  with_context("set the out-of-memory score", [&] { set_oom_score(spec, container.init_.pid()); });
  with_context("set kernel settings", [&] { set_sysctls(spec, container.init_.pid()); });
  PreparedMounts prepared = timed(steps, "prepare mounts", [&] {
    const sys::Fd user_namespace =
        sys::open_file("/proc/" + std::to_string(container.init_.pid()) + "/ns/user", O_RDONLY);
    return prepare_mounts(spec, user_namespace);
  });
  std::vector<int> raw;
  for (const sys::Fd& fd : prepared.mounts) raw.push_back(fd.get());
  sys::send_packet(container.channel_, Message{MessageType::kGo, {}}.print(), raw);
  prepared.mounts.clear();  // the set-up's copies are the only ones now: no mount outlives it
  container.kept_ = std::move(prepared.kept);
  timed(steps, "set up the container", [&] { container.wait_until_started(spec); });
  return container;
}

void Container::clone_into_place(const oci::RuntimeSpec& spec, const std::string& seccomp_program, bool input) {
  sys::CloneOptions options{.flags = enter_and_collect_flags(spec)};
  std::optional<sys::Fd> placement;
  if (cgroup_) placement = cgroup_->placement();
  if (placement) options.cgroup = &*placement;

  auto [mine, theirs] = sys::make_socket_pair();
  StdioPair stdio = spec.process.terminal ? await_terminal() : make_pipes(input);
  init_ = sys::clone_process(options);
  if (!init_.valid()) {
    mine.reset();
    child::ChildState state;
    state.channel = std::move(theirs);
    state.seccomp_program = seccomp_program;
    if (cgroup_) state.cgroups.push_back(std::move(cgroup_));
    child::child_main(spec, std::move(state), std::move(stdio.theirs));
  }
  channel_ = std::move(mine);
  stdio_ = std::move(stdio.mine);
}

void Container::map_ids(const oci::RuntimeSpec& spec) const {
  if (spec.uid_mappings.empty()) return;
  write_map(init_.pid(), "uid_map", map_text(spec.uid_mappings));
  write_map(init_.pid(), "gid_map", map_text(spec.gid_mappings));
}

void Container::wait_until_started(const oci::RuntimeSpec& spec) {
  while (std::optional<sys::Packet> packet = sys::receive_packet(channel_)) {
    const Message message = Message::parse(packet->bytes);
    if (message.type == MessageType::kSetupError) throw error_from(message);
    if (message.type == MessageType::kTerminal) {
      stdio_.out = std::move(packet->fds.at(0));
      continue;
    }
    for (size_t i = 1; i + 1 < message.fields.size(); i += 2)
      child_steps_.emplace_back(message.field(i), message.number(i + 1));
    channel_.reset();
    return;
  }
  const int status = init_.try_reap(true).value_or(0);
  if (out_of_memory()) {
    throw Error(ErrorKind::kExhausted, "killed for lack of memory during set-up: the memory limit of " +
                                           std::to_string(spec.resources.memory_limit.value_or(0)) +
                                           " bytes is too small to start")
        .with_hint("give it more, for example -m 16");
  }
  throw set_up_died(status);
}

void Container::remove_cgroup() noexcept {
  if (!cgroup_) return;
  try {
    cgroup_->remove();
  } catch (const Error&) {
    // Something still runs in it; reconcile of the daemon ends that and removes the directory.
  }
  cgroup_.reset();
}

Container::~Container() {
  init_.kill_and_reap();
  remove_cgroup();
}

}  // namespace minibox::runtime::shim
