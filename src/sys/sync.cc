#include "sys/sync.h"

#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace minibox::sys {

void sync_data(const Fd& file) {
  if (::fdatasync(file.get()) != 0) throw Error::from_errno("fdatasync()", errno);
}

void sync_file_system(const Fd& file) {
  if (::syncfs(file.get()) != 0) throw Error::from_errno("syncfs()", errno);
}

}  // namespace minibox::sys
