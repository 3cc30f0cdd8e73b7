// Giving up work that somebody has asked to stop.
#pragma once

#include <stop_token>

#include "base/error.h"

namespace minibox {

inline void throw_if_stopped(const std::stop_token& stop) {  // kCancelled
  if (stop.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
}

}  // namespace minibox
