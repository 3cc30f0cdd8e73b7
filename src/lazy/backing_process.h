// A small process that names backing files to the kernel, which takes CAP_SYS_ADMIN (fuse_backing_open() of Linux'
// fs/fuse/backing.c): the server, which parses what comes from outside, must not have that. It holds the FUSE devices
// and this one capability, and does nothing but what is asked here: a file is taken only when it is a regular one, open
// for reading only, of the file system that holds the unpacked layers, and so many of a device at once.
//
// Its life: started before anything has been read, told the devices once, and ended with this object, or with the
// server, however that ends. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/process.h"

namespace minibox::lazy {

inline constexpr size_t kMaxBackings = 256;  // of a layer. More are refused with ENFILE

class BackingProcess {
 public:
  // Forks: for a process with all rights, one thread and nothing worth keeping from others.
  BackingProcess();

  // Once, with all rights still, before the first open(): the folder of unpacked layers, and the devices, which are
  // numbered from 0 from now on. kUnavailable when the process has not come up.
  void begin(const sys::Fd& extracted, const std::vector<sys::Fd>& devices);

  // The number that the kernel gives to `file` on a device; it keeps the file open until close(). Throws what the
  // kernel says against it (EPERM without rights on the machine, ELOOP for a file system that lies on another one,
  // EOPNOTSUPP), or kUnavailable when the process has ended.
  std::int32_t open(std::uint32_t device, const sys::Fd& file);
  // Those that are open for reading go on with it. Nothing when the process has ended: then it goes with the device.
  void close(std::uint32_t device, std::int32_t number);
  bool is_there() const { return socket_.valid(); }
  // Ends the process: nothing is to be opened any more.
  void end();

 private:
  std::optional<std::int32_t> ask(const std::string& message, const std::vector<int>& fds);
  std::optional<std::int32_t> receive_answer();

  sys::Fd socket_;
  sys::Child process_;  // last: ended before the socket is
};

}  // namespace minibox::lazy
