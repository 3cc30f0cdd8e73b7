// Claims that the kernel gives up when the process ends: flock(2) and abstract unix socket names (unix(7)).
#pragma once

#include <string>

#include "sys/fd.h"

namespace minibox::sys {

bool try_lock(const Fd& fd);                 // exclusive, for as long as the descriptor is open
Fd try_claim_name(const std::string& name);  // invalid when somebody has it in this network namespace

}  // namespace minibox::sys
