#include "sys/sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace minibox::sys {

void sync_data(const Fd& file) {
  if (::fdatasync(file.get()) != 0) throw Error::from_errno("fdatasync()", errno);
}

void sync_all(const Fd& file) {
  if (::fsync(file.get()) != 0) throw Error::from_errno("fsync()", errno);
}

void begin_writeback(const Fd& file, std::uint64_t offset, std::uint64_t size) {
  if (::sync_file_range(file.get(), static_cast<off64_t>(offset), static_cast<off64_t>(size), SYNC_FILE_RANGE_WRITE) !=
      0) {
    throw Error::from_errno("sync_file_range()", errno);
  }
}

void sync_file_system(const Fd& file) {
  if (::syncfs(file.get()) != 0) throw Error::from_errno("syncfs()", errno);
}

}  // namespace minibox::sys
