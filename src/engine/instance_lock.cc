#include "engine/instance_lock.h"

#include <poll.h>

#include <functional>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/instance.h"

namespace minibox::engine {

namespace {

// A program that a killed daemon was just spawning has copies of its descriptors until it executes: the kernel frees
// lock and name some milliseconds late, and tells nobody when.
bool soon(const std::function<bool()>& attempt) {
  constexpr int kAttempts = 100;
  for (int i = 0; i < kAttempts; ++i) {
    if (attempt()) return true;
    ::poll(nullptr, 0, 10);
  }
  return false;
}

}  // namespace

InstanceLock::InstanceLock(const std::string& data_root, const std::string& bridge) {
  sys::make_dirs(data_root, 0700);
  data_root_ = sys::open_dir(data_root);
  if (!soon([&] { return sys::try_lock(data_root_); })) {
    throw Error(ErrorKind::kConflict, "another daemon uses the data root " + quote(data_root))
        .with_hint("stop it, or give this one a MINIBOX_DATA_ROOT of its own");
  }
  if (!soon([&] { return (bridge_ = sys::try_claim_name("minibox/" + bridge)).valid(); })) {
    throw Error(ErrorKind::kConflict, "another daemon uses the bridge " + quote(bridge))
        .with_hint("stop it, or give this one a MINIBOX_BRIDGE and a MINIBOX_SUBNET of its own");
  }
}

}  // namespace minibox::engine
