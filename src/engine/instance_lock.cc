#include "engine/instance_lock.h"

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/instance.h"

namespace minibox::engine {

InstanceLock::InstanceLock(const std::string& data_root, const std::string& bridge) {
  sys::make_dirs(data_root, 0700);
  data_root_ = sys::open_dir(data_root);
  if (!sys::try_lock(data_root_)) {
    throw Error(ErrorKind::kConflict, "another daemon uses the data root " + quote(data_root))
        .with_hint("stop it, or give this one a MINIBOX_DATA_ROOT of its own");
  }
  bridge_ = sys::try_claim_name("minibox/" + bridge);
  if (!bridge_) {
    throw Error(ErrorKind::kConflict, "another daemon uses the bridge " + quote(bridge))
        .with_hint("stop it, or give this one a MINIBOX_BRIDGE and a MINIBOX_SUBNET of its own");
  }
}

}  // namespace minibox::engine
