// Files that live in memory only (memfd_create(2)), sealed: nobody can change them any more, not even root.
#pragma once

#include <string>
#include <string_view>

#include "sys/fd.h"

namespace minibox::sys {

// `name` shows in /proc/PID/exe and maps only; what is too long for the kernel is cut at its front. Readable from its
// beginning.
Fd make_memory_file(const std::string& name, std::string_view bytes);
// The same, to be executed through /proc/PID/fd/N.
Fd make_memory_program(const std::string& name, std::string_view bytes);

}  // namespace minibox::sys
