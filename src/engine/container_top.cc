// minibox top: the processes of a container's cgroup, as the container numbers them.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "sys/process_dir.h"

namespace minibox::engine {
namespace {

// The words behind "Key:" in /proc/<pid>/status.
std::vector<std::string> status_words(const std::string& status, const std::string& key) {
  for (const std::string& line : split(status, '\n')) {
    if (!line.starts_with(key + ":")) continue;
    std::string value = line.substr(key.size() + 1);
    return split_words(value);
  }
  return {};
}

std::int64_t number_at(const std::vector<std::string>& words, size_t index) {
  return index < words.size() ? parse_int(words[index], 0, INT64_MAX).value_or(0) : 0;
}

constexpr size_t kMaxCommand = 4096;  // of one that may have megabytes

std::string command_of(const sys::ProcessDir& process, const std::string& status) {
  std::string command = process.read("cmdline", kMaxCommand).value_or("");
  while (!command.empty() && command.back() == '\0') command.pop_back();
  std::replace(command.begin(), command.end(), '\0', ' ');
  const std::vector<std::string> name = status_words(status, "Name");
  // Kernel threads have none, zombies no more; the init is named better than what it was cloned from.
  if (command.empty() || (!name.empty() && name[0] == "minibox-init")) return "[" + join(name, " ") + "]";
  return command;
}

std::optional<wire::ProcessEntry> describe(const EngineState& state, const std::string& id, pid_t pid) {
  const std::optional<sys::ProcessDir> process = sys::ProcessDir::open(pid);
  if (!process || !process->in_cgroup(cgroup_path(state, id))) return std::nullopt;
  const std::optional<std::string> status = process->read("status");
  if (!status) return std::nullopt;
  wire::ProcessEntry entry;
  entry.host_pid = pid;
  const std::vector<std::string> pids = status_words(*status, "NSpid");  // host's first, innermost namespace's last
  entry.pid = pids.empty() ? 0 : number_at(pids, pids.size() - 1);
  const std::int64_t uid = number_at(status_words(*status, "Uid"), 0);
  const std::int64_t base = state.policy.subuid_base;
  entry.uid = uid >= base && uid < base + state.policy.subuid_count ? uid - base : uid;
  entry.threads = number_at(status_words(*status, "Threads"), 0);
  const std::vector<std::string> letters = status_words(*status, "State");
  entry.state = letters.empty() ? "" : letters[0];
  entry.command = command_of(*process, *status);
  return entry;
}

}  // namespace

std::vector<wire::ProcessEntry> Engine::top(const std::string& reference) const {
  const wire::ContainerInfo info = state_->containers.find(reference)->shown();
  require_shown_running(info);
  std::vector<wire::ProcessEntry> processes;
  for (const pid_t pid : cgroup_of(*state_, info.id)->processes()) {
    if (auto entry = describe(*state_, info.id, pid)) processes.push_back(std::move(*entry));
  }
  std::sort(processes.begin(), processes.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return processes;
}

}  // namespace minibox::engine
