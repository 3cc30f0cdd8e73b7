// minibox stats: one look at a container's cgroup and its network namespace.
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "sys/process_dir.h"

namespace minibox::engine {
namespace {

// "  eth0: 1 0 0 0 0 0 0 0 2 ...": after the colon eight columns received and eight sent, bytes first (proc_net(5)).
void add_network(const std::string& net_dev, wire::ContainerStats& stats) {
  for (const std::string& line : split(net_dev, '\n')) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || trim(line.substr(0, colon)) == "lo") continue;
    const std::vector<std::string> columns = split_words(line.substr(colon + 1));
    if (columns.size() < 9) continue;
    stats.net_input += parse_int(columns[0], 0, INT64_MAX).value_or(0);
    stats.net_output += parse_int(columns[8], 0, INT64_MAX).value_or(0);
  }
}

double cpu_percent(CpuSample& sample, const std::string& life, std::uint64_t cpu_us) {
  const std::int64_t now = monotonic_us();
  const std::lock_guard lock(sample.mutex);
  double percent = 0;
  if (sample.life == life && now > sample.at_us && cpu_us >= sample.cpu_us) {
    percent = 100.0 * static_cast<double>(cpu_us - sample.cpu_us) / static_cast<double>(now - sample.at_us);
  }
  sample.life = life;
  sample.cpu_us = cpu_us;
  sample.at_us = now;
  return percent;
}

}  // namespace

// The init's pid may belong to somebody else by now: only what is in the container's cgroup is believed.
std::optional<sys::ProcessDir> open_init(const EngineState& state, const wire::ContainerInfo& info) {
  if (info.pid <= 0) return std::nullopt;
  std::optional<sys::ProcessDir> init = sys::ProcessDir::open(info.pid);
  if (!init || !init->in_cgroup(cgroup_path(state, info.id))) return std::nullopt;
  return init;
}

void require_shown_running(const wire::ContainerInfo& info) {
  if (info.status == "running" || info.status == "paused") return;
  refuse_stopped(info);
}

wire::ContainerStats Engine::stats(const std::string& reference) const {
  const ContainerPtr container = state_->containers.find(reference);
  const wire::ContainerInfo info = container->shown();
  require_shown_running(info);
  const sys::CgroupUsage usage = cgroup_of(*state_, info.id)->usage();
  wire::ContainerStats stats;
  stats.id = info.id;
  stats.memory_usage = static_cast<std::int64_t>(usage.memory);
  stats.memory_limit = static_cast<std::int64_t>(usage.memory_limit);
  stats.cpu_usage_usec = static_cast<std::int64_t>(usage.cpu_us);
  stats.cpu_percent = cpu_percent(container->cpu_sample, info.started_at, usage.cpu_us);
  stats.pids = static_cast<std::int64_t>(usage.tasks);
  stats.block_input = static_cast<std::int64_t>(usage.block_read);
  stats.block_output = static_cast<std::int64_t>(usage.block_written);
  if (const auto init = open_init(*state_, info)) add_network(init->read("net/dev").value_or(""), stats);
  return stats;
}

}  // namespace minibox::engine
