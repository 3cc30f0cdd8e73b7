// Bytes to a socket that may be in non-blocking mode, however slow the other side is: each wait for room has a limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "sys/fd.h"

namespace minibox::sys {

// kTimeout when the socket takes nothing for `patience`; kCancelled when the other side has closed it.
void send_all(const Fd& socket, std::string_view bytes, std::chrono::milliseconds patience);
// The first `size` bytes of a file, without a copy through this process (sendfile(2)). kCorrupt when it is shorter.
void send_file(const Fd& socket, const Fd& file, std::uint64_t size, std::chrono::milliseconds patience);

}  // namespace minibox::sys
