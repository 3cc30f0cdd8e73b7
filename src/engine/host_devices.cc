#include "engine/host_devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "sys/entry.h"
#include "sys/file.h"

#include <fcntl.h>

namespace minibox::engine {
namespace {

[[noreturn]] void invalid(const std::string& message,
                          const std::string& hint = "as in --device /dev/fuse:/dev/fuse:rw") {
  throw Error(ErrorKind::kInvalid, message).with_hint(hint);
}

bool is_access(const std::string& text) {
  return !text.empty() && text.size() <= 3 && text.find_first_not_of("rwm") == std::string::npos;
}

// Below /dev, and not where the set-up puts something of its own.
bool is_device_path(const std::string& path) {
  if (!path.starts_with("/dev/") || path.size() > 255) return false;
  const std::vector<std::string> parts = split(path.substr(5), '/');
  const bool plain = std::all_of(parts.begin(), parts.end(),
                                 [](const std::string& part) { return !part.empty() && part != "." && part != ".."; });
  constexpr const char* kTaken[] = {"null",  "zero",   "full",   "random", "urandom", "tty", "fd",
                                    "stdin", "stdout", "stderr", "ptmx",   "pts",     "shm", "mqueue"};
  return plain && std::find(std::begin(kTaken), std::end(kTaken), parts[0]) == std::end(kTaken);
}

runtime::HostDevice find_host_device(const std::string& text) {
  const DeviceRequest request = parse_device_request(text);
  // O_PATH: the device itself is not opened, which could have an effect.
  const std::optional<sys::Fd> node = sys::try_open(request.host, O_PATH);
  if (!node) invalid("device " + quote(request.host) + " does not exist on the host", "");
  const struct stat info = sys::stat_of(*node);
  if (!S_ISCHR(info.st_mode) && !S_ISBLK(info.st_mode)) invalid(quote(request.host) + " is not a device", "");
  return {{.path = request.container,
           .type = S_ISBLK(info.st_mode) ? 'b' : 'c',
           .major = major(info.st_rdev),
           .minor = minor(info.st_rdev),
           .file_mode = info.st_mode & 0777},
          request.access};
}

}  // namespace

DeviceRequest parse_device_request(const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() > 3 || parts[0].empty() || parts[0][0] != '/') invalid("invalid device " + quote(text));
  DeviceRequest request{parts[0], parts[0], "rwm"};
  if (parts.size() == 2 && is_access(parts[1])) {
    request.access = parts[1];
  } else if (parts.size() >= 2) {
    request.container = parts[1];
  }
  if (parts.size() == 3) request.access = parts[2];
  if (!is_access(request.access))
    invalid("device " + quote(text) + ": the access " + quote(request.access) + " is not of r, w and m");
  if (!is_device_path(request.container)) {
    invalid("device " + quote(text) + " can't be at " + quote(request.container),
            "a free place below /dev: --device " + request.host + ":/dev/NAME");
  }
  return request;
}

std::vector<runtime::HostDevice> find_host_devices(const std::vector<std::string>& requests) {
  std::vector<runtime::HostDevice> devices;
  for (const std::string& text : requests) {
    devices.push_back(find_host_device(text));
    const std::string& path = devices.back().device.path;
    const auto same = std::count_if(devices.begin(), devices.end(),
                                    [&](const runtime::HostDevice& entry) { return entry.device.path == path; });
    if (same > 1) invalid("two devices at " + quote(path));
  }
  return devices;
}

}  // namespace minibox::engine
