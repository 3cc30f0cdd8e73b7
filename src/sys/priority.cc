#include "sys/priority.h"

#include <sys/resource.h>

namespace minibox::sys {

void try_lower_priority() {
  constexpr int kNice = 10;
  // Of the thread alone, whatever POSIX says (setpriority(2), "C library/kernel differences").
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));
}

}  // namespace minibox::sys
