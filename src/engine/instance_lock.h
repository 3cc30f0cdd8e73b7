// One daemon a data root, and one a bridge: two would each take the other's containers for leftovers and end them.
#pragma once

#include <string>

#include "sys/fd.h"

namespace minibox::engine {

class InstanceLock {
 public:
  // kConflict when another daemon holds one of them. Released by the kernel when the daemon ends, however it ends.
  InstanceLock(const std::string& data_root, const std::string& bridge);

 private:
  sys::Fd data_root_;  // flock(2) on the directory
  sys::Fd bridge_;     // an abstract unix socket, whose names live in the same network namespace as bridges do
};

}  // namespace minibox::engine
