#include "lazy/reader_process.h"

#include <signal.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "sys/file.h"

namespace minibox::lazy {
namespace {

// Empty where it can't be read now, nothing when the thread is not there.
std::optional<std::string> read_proc(std::uint32_t thread, const std::string& name) {
  try {
    return sys::try_read_file("/proc/" + std::to_string(thread) + "/" + name);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;  // ESRCH: it has ended since the file was opened
    return "";
  }
}

}  // namespace

// proc_pid_status(5): SIGKILL of a process is pending in each of its threads until they have ended.
bool is_being_killed(std::uint32_t thread) {
  const auto status = read_proc(thread, "status");
  if (!status) return true;
  constexpr std::string_view kPending = "SigPnd:\t";
  const size_t at = status->find(kPending);
  if (at == std::string::npos) return false;
  const char* digits = status->data() + at + kPending.size();
  std::uint64_t pending = 0;
  std::from_chars(digits, status->data() + status->size(), pending, 16);
  return (pending >> (SIGKILL - 1) & 1) != 0;
}

std::string cgroup_of(std::uint32_t thread) {
  return read_proc(thread, "cgroup").value_or("");
}

}  // namespace minibox::lazy
