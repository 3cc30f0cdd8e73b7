#include "sys/cgroup_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/process_dir.h"

namespace minibox::sys {

void make_cgroup_dir(const std::string& path) {
  make_dirs(path, 0755);
}

void make_cgroup_subdir(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0) throw Error::from_errno("mkdir('" + path + "')", errno);
}

void write_cgroup_file(const std::string& dir, const std::string& file, const std::string& value) {
  const std::string path = dir + "/" + file;
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) throw Error::from_errno("open('" + path + "')", errno);
  // One write(2) is one setting; a partial or repeated write would be another setting.
  if (::write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
    throw Error::from_errno("write('" + path + "', '" + value + "')", errno);
  }
}

void write_cpuset(const std::string& dir, const std::string& cpus) {
  try {
    write_cgroup_file(dir, "cpuset.cpus", cpus);
  } catch (Error& error) {
    error.with_hint(
        "this host has the processors " +
        std::string(trim(try_read_file("/sys/devices/system/cpu/online", 4096).value_or("of /proc/cpuinfo"))));
    throw;
  }
}

namespace {

std::uint64_t value_of_key(const std::string& text, std::string_view key) {
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> words = split_words(line);
    if (words.size() == 2 && words[0] == key)
      return static_cast<std::uint64_t>(parse_int(words[1], 0, INT64_MAX).value_or(0));
  }
  return 0;
}

}  // namespace

std::uint64_t read_cgroup_key(const std::string& dir, const std::string& file, std::string_view key) {
  return value_of_key(try_read_file(dir + "/" + file, 64 * 1024).value_or(""), key);
}

namespace {

// Those that are busy too are met again: their parent stays busy.
void remove_idle_subdirs(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") ::rmdir((path + "/" + entry->d_name).c_str());
  }
}

}  // namespace

void remove_cgroup_dir(const std::string& path) {
  constexpr std::int64_t kDeadlineUs = 2'000'000;
  const std::int64_t end = monotonic_us() + kDeadlineUs;
  // v1 has no event for "the last dying task has left", and it leaves within microseconds of being reaped.
  while (::rmdir(path.c_str()) != 0) {
    if (errno == ENOENT) return;
    if (errno != EBUSY || monotonic_us() > end) throw Error::from_errno("rmdir('" + path + "')", errno);
    remove_idle_subdirs(path);
    ::sched_yield();
  }
}

void kill_listed_processes(const std::string& dir) {
  for (const pid_t pid : read_cgroup_procs(dir)) {
    const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  }
}

std::vector<pid_t> read_cgroup_procs(const std::string& dir) {
  std::vector<pid_t> pids;
  for (const std::string& line : split(try_read_file(dir + "/cgroup.procs").value_or(""), '\n')) {
    if (const auto pid = parse_int(line, 1, INT32_MAX)) pids.push_back(static_cast<pid_t>(*pid));
  }
  return pids;
}

std::optional<std::uint64_t> read_cgroup_number(const std::string& dir, const std::string& file) {
  const std::optional<std::string> text = try_read_file(dir + "/" + file, 4096);
  if (!text) return std::nullopt;
  return static_cast<std::uint64_t>(parse_int(trim(*text), 0, INT64_MAX).value_or(0));
}

void add_process_io(const std::vector<pid_t>& pids, std::uint64_t& read, std::uint64_t& written) {
  for (const pid_t pid : pids) {
    const std::optional<ProcessDir> process = ProcessDir::open(pid);
    const std::string text = process ? process->read("io").value_or("") : "";
    read += value_of_key(text, "read_bytes:");
    written += value_of_key(text, "write_bytes:");
  }
}

}  // namespace minibox::sys
