// What a cgroup's processes use, on cgroup v2 and v1.
#include <unistd.h>

#include "base/text.h"
#include "sys/cgroup_backends.h"
#include "sys/cgroup_files.h"
#include "sys/file.h"
#include "sys/process_dir.h"

namespace minibox::sys {
namespace {

constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;  // v1 shows "none" as the largest multiple of a page

// "8:0 rbytes=1 wbytes=2 ..." a line (io.stat).
void add_io_stat(const std::string& text, CgroupUsage& usage) {
  for (const std::string& line : split(text, '\n')) {
    for (const std::string& word : split_words(line)) {
      const size_t equals = word.find('=');
      if (equals == std::string::npos) continue;
      const auto value = static_cast<std::uint64_t>(parse_int(word.substr(equals + 1), 0, INT64_MAX).value_or(0));
      if (word.starts_with("rbytes=")) usage.block_read += value;
      if (word.starts_with("wbytes=")) usage.block_written += value;
    }
  }
}

// "8:0 Read 1" a line (blkio.throttle.io_service_bytes).
void add_blkio(const std::string& text, CgroupUsage& usage) {
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> words = split_words(line);
    if (words.size() != 3) continue;
    const auto value = static_cast<std::uint64_t>(parse_int(words[2], 0, INT64_MAX).value_or(0));
    if (words[1] == "Read") usage.block_read += value;
    if (words[1] == "Write") usage.block_written += value;
  }
}

std::uint64_t count_threads(const std::string& dir) {
  std::uint64_t count = 0;
  for (const std::string& line : split(try_read_file(dir + "/cgroup.threads").value_or(""), '\n')) {
    if (!line.empty()) ++count;
  }
  return count;
}

// Where nothing accounts memory: what is resident, shared pages counted once for each process.
std::uint64_t resident_bytes(const std::vector<pid_t>& pids) {
  std::uint64_t pages = 0;
  for (const pid_t pid : pids) {
    const std::optional<ProcessDir> process = ProcessDir::open(pid);
    const std::vector<std::string> words = split_words(process ? process->read("statm").value_or("") : "");
    if (words.size() > 1) pages += static_cast<std::uint64_t>(parse_int(words[1], 0, INT64_MAX).value_or(0));
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

CgroupUsage CgroupV2::usage() const {
  CgroupUsage usage;
  const auto memory = read_cgroup_number(dir(), "memory.current");
  usage.memory = memory ? *memory : resident_bytes(processes());
  usage.memory_limit = read_cgroup_number(dir(), "memory.max").value_or(0);
  usage.cpu_us = read_cgroup_key(dir(), "cpu.stat", "usage_usec");
  const auto tasks = read_cgroup_number(dir(), "pids.current");
  usage.tasks = tasks ? *tasks : count_threads(dir());
  if (const auto io = try_read_file(dir() + "/io.stat")) {
    add_io_stat(*io, usage);
  } else {
    add_process_io(processes(), usage.block_read, usage.block_written);
  }
  return usage;
}

std::vector<pid_t> CgroupV2::processes() const {
  return read_cgroup_procs(dir());
}

CgroupUsage CgroupV1::usage() const {
  CgroupUsage usage;
  const auto memory = read_cgroup_number(dir("memory"), "memory.usage_in_bytes");
  usage.memory = memory ? *memory : resident_bytes(processes());
  const auto limit = read_cgroup_number(dir("memory"), "memory.limit_in_bytes");
  usage.memory_limit = limit && *limit < kNoLimit ? *limit : 0;
  const auto nanoseconds = read_cgroup_number(dir("cpuacct"), "cpuacct.usage");
  usage.cpu_us = nanoseconds ? *nanoseconds / 1000 : read_cgroup_key(dir("unified"), "cpu.stat", "usage_usec");
  const auto tasks = read_cgroup_number(dir("pids"), "pids.current");
  usage.tasks = tasks ? *tasks : count_threads(dir("unified"));
  if (const auto io = try_read_file(dir("blkio") + "/blkio.throttle.io_service_bytes_recursive")) {
    add_blkio(*io, usage);
  } else {
    add_process_io(processes(), usage.block_read, usage.block_written);
  }
  return usage;
}

std::vector<pid_t> CgroupV1::processes() const {
  for (const std::string& hierarchy : hierarchies(root_)) {
    std::vector<pid_t> pids = read_cgroup_procs(hierarchy + path_);
    if (!pids.empty()) return pids;
  }
  return {};
}

}  // namespace minibox::sys
