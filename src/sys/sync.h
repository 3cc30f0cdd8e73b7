// Making data durable. Only off the hot path: each call waits for the disk.
#pragma once

#include <cstdint>

#include "sys/fd.h"

namespace minibox::sys {

void sync_data(const Fd& file);  // fdatasync(2)
void sync_all(const Fd& file);   // fsync(2): attributes as well, and of a directory its entries
// Lets the kernel begin to write a part of a file; waits for nothing unless the disk's queue is full.
void begin_writeback(const Fd& file, std::uint64_t offset, std::uint64_t size);
void sync_file_system(const Fd& file);  // syncfs(2): everything dirty on the file system that `file` is on

}  // namespace minibox::sys
