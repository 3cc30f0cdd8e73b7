// What both cgroup backends share: small reads and writes in a cgroup directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace minibox::sys {

void make_cgroup_dir(const std::string& path);  // existing is fine; parents are made
void write_cgroup_file(const std::string& dir, const std::string& file, const std::string& value);
// Value of `key` in a flat keyed file such as memory.events; 0 when file or key is absent.
std::uint64_t read_cgroup_key(const std::string& dir, const std::string& file, std::string_view key);
void remove_cgroup_dir(const std::string& path);  // waits, with a deadline, while dying tasks keep it busy
void write_cpuset(const std::string& dir, const std::string& cpus);
void kill_listed_processes(const std::string& dir);

}  // namespace minibox::sys
