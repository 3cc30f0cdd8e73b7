// What both cgroup backends share: small reads and writes in a cgroup directory.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minibox::sys {

void make_cgroup_dir(const std::string& path);  // existing is fine; parents are made
void write_cgroup_file(const std::string& dir, const std::string& file, const std::string& value);
// Value of `key` in a flat keyed file such as memory.events; 0 when file or key is absent.
std::uint64_t read_cgroup_key(const std::string& dir, const std::string& file, std::string_view key);
void make_cgroup_subdir(const std::string& path);  // its parent must be there: kNotFound
// With the cgroups below it. Waits, with a deadline, while dying tasks keep it busy.
void remove_cgroup_dir(const std::string& path);
void write_cpuset(const std::string& dir, const std::string& cpus);
void kill_listed_processes(const std::string& dir);

std::vector<pid_t> read_cgroup_procs(const std::string& dir);  // empty when there is no such cgroup
// A file that is one number; empty when it is absent. "max" is 0.
std::optional<std::uint64_t> read_cgroup_number(const std::string& dir, const std::string& file);
// Writes cgroup.freeze of a cgroup2 directory and waits for cgroup.events to say so.
void set_unified_frozen(const std::string& dir, bool frozen, std::chrono::milliseconds deadline);
// Bytes from and to block devices of these processes and of the children they have reaped (/proc/<pid>/io).
void add_process_io(const std::vector<pid_t>& pids, std::uint64_t& read, std::uint64_t& written);

}  // namespace minibox::sys
