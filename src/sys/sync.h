// Making data durable. Only off the hot path: each call waits for the disk.
#pragma once

#include "sys/fd.h"

namespace minibox::sys {

void sync_data(const Fd& file);         // fdatasync(2)
void sync_file_system(const Fd& file);  // syncfs(2): everything dirty on the file system that `file` is on

}  // namespace minibox::sys
