#include "sys/memory_file.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

#ifndef MFD_NOEXEC_SEAL
constexpr unsigned MFD_NOEXEC_SEAL = 0x0008U;
#endif
#ifndef MFD_EXEC
constexpr unsigned MFD_EXEC = 0x0010U;
#endif

Fd seal(Fd file, const std::string& name, std::string_view bytes) {
  write_all(file, bytes, "memfd '" + name + "'");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw Error::from_errno("lseek()", errno);
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    throw Error::from_errno("fcntl(F_ADD_SEALS)", errno);
  }
  return file;
}

// Kernels before 6.3 do not know the flags that say whether it may be executed, and allow it always.
Fd make(std::string name, unsigned exec_flag) {
  constexpr size_t kMaxName = 249;
  if (name.size() > kMaxName) name.erase(0, name.size() - kMaxName);
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd file(::memfd_create(name.c_str(), kFlags | exec_flag));
  if (!file && errno == EINVAL) file = Fd(::memfd_create(name.c_str(), kFlags));
  if (!file) throw Error::from_errno("memfd_create('" + name + "')", errno);
  return file;
}

}  // namespace

Fd make_memory_file(const std::string& name, std::string_view bytes) {
  return seal(make(name, MFD_NOEXEC_SEAL), name, bytes);
}

Fd make_memory_program(const std::string& name, std::string_view bytes) {
  return seal(make(name, MFD_EXEC), name, bytes);
}

}  // namespace minibox::sys
