// Netlink lists come in parts, and one that changed between two parts is marked as interrupted (NLM_F_DUMP_INTR): it
// may lack entries. It is asked for again, but not for ever: a host that makes links all the time would hold us for
// good.
#pragma once

#include <string>

#include "base/error.h"

namespace minibox::sys {

inline constexpr int kDumpAttempts = 100;

// `dump` returns true when its list was consistent; it is called until then. kUnavailable after kDumpAttempts calls.
template <typename Dump>
void dump_until_consistent(const std::string& what, Dump dump) {
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    if (dump()) return;
  }
  throw Error(ErrorKind::kUnavailable,
              "the kernel's list of " + what + " changed during each of " + std::to_string(kDumpAttempts) + " attempts")
      .with_hint("something on this host makes and removes network interfaces or addresses without pause; try again");
}

}  // namespace minibox::sys
