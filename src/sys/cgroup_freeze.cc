// Pausing: cgroup.freeze of cgroup2, freezer.state of v1.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/cgroup_backends.h"
#include "sys/cgroup_files.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

using std::chrono::milliseconds;

[[noreturn]] void timed_out(bool frozen) {
  throw Error(ErrorKind::kTimeout, frozen ? "some process could not be stopped" : "some process does not go on")
      .with_hint("a process may hang in the kernel: look for state D in ps");
}

std::int64_t end_of(milliseconds deadline) {
  return monotonic_us() + std::chrono::microseconds(deadline).count();
}

// Any read of cgroup.events arms the next event (cgroup-v2.rst): so first the watch, then the look.
bool wait_for_event(const std::string& dir, bool frozen, milliseconds deadline) {
  const Fd events = open_file(dir + "/cgroup.events", O_RDONLY);
  const std::int64_t end = end_of(deadline);
  for (;;) {
    if ((read_cgroup_key(dir, "cgroup.events", "frozen") == 1) == frozen) return true;
    pollfd entry{events.get(), POLLPRI, 0};
    const std::int64_t left_ms = (end - monotonic_us() + 999) / 1000;
    if (left_ms <= 0) return false;
    if (::poll(&entry, 1, static_cast<int>(left_ms)) < 0 && errno != EINTR) throw Error::from_errno("poll()", errno);
    char text[256];
    if (::pread(events.get(), text, sizeof text, 0) < 0) throw Error::from_errno("pread('cgroup.events')", errno);
  }
}

// v1 has no event: reading the state is what makes the kernel look again.
bool wait_for_state(const std::string& dir, const std::string& wanted, milliseconds deadline) {
  const std::int64_t end = end_of(deadline);
  while (trim(read_file(dir + "/freezer.state", 64)) != wanted) {
    if (monotonic_us() > end) return false;
    ::sched_yield();
  }
  return true;
}

}  // namespace

void set_unified_frozen(const std::string& dir, bool frozen, milliseconds deadline) {
  write_cgroup_file(dir, "cgroup.freeze", frozen ? "1" : "0");
  if (wait_for_event(dir, frozen, deadline)) return;
  if (frozen) write_cgroup_file(dir, "cgroup.freeze", "0");
  timed_out(frozen);
}

void CgroupV2::freeze(milliseconds deadline) {
  set_unified_frozen(dir(), true, deadline);
}

void CgroupV2::thaw(milliseconds deadline) {
  set_unified_frozen(dir(), false, deadline);
}

bool CgroupV2::frozen() const {
  return read_cgroup_number(dir(), "cgroup.freeze").value_or(0) == 1;
}

void CgroupV1::set_frozen(bool frozen, milliseconds deadline) const {
  if (exists(dir("unified") + "/cgroup.freeze")) return set_unified_frozen(dir("unified"), frozen, deadline);
  const std::string freezer = dir("freezer");
  if (!exists(freezer)) {
    throw Error(ErrorKind::kUnsupported, "neither cgroup.freeze nor the cgroup controller 'freezer' is there")
        .with_hint("boot with cgroup2, or with the controller enabled");
  }
  const char* wanted = frozen ? "FROZEN" : "THAWED";
  write_cgroup_file(freezer, "freezer.state", wanted);
  if (wait_for_state(freezer, wanted, deadline)) return;
  if (frozen) write_cgroup_file(freezer, "freezer.state", "THAWED");
  timed_out(frozen);
}

void CgroupV1::freeze(milliseconds deadline) {
  set_frozen(true, deadline);
}

void CgroupV1::thaw(milliseconds deadline) {
  set_frozen(false, deadline);
}

bool CgroupV1::frozen() const {
  if (read_cgroup_number(dir("unified"), "cgroup.freeze").value_or(0) == 1) return true;
  return trim(try_read_file(dir("freezer") + "/freezer.state").value_or("")) == "FROZEN";
}

}  // namespace minibox::sys
