// A connected pair of AF_UNIX stream sockets.
#pragma once

#include <utility>

#include "sys/fd.h"

namespace minibox::sys {

std::pair<Fd, Fd> make_stream_pair();

}  // namespace minibox::sys
