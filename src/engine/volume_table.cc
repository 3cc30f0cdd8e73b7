#include "engine/volume_table.h"

#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include "runtime/plan_volumes.h"
#include "sys/file.h"

namespace minibox::engine {

std::string VolumeTable::path(const std::string& name) const {
  runtime::check_volume_name(name);
  return directory_ + "/" + name;
}

bool VolumeTable::exists(const std::string& name) const {
  return sys::exists(path(name));
}

// What somebody else has put there is no volume.
std::vector<std::string> VolumeTable::names() const {
  std::vector<std::string> found;
  for (const std::string& name : sys::list_dir(directory_)) {
    const auto info = sys::try_lstat(directory_ + "/" + name);
    if (info && S_ISDIR(info->st_mode) && runtime::is_volume_name(name)) found.push_back(name);
  }
  return found;
}

bool VolumeTable::create(const std::string& name) {
  const std::string directory = path(name);
  const std::lock_guard lock(mutex_);
  if (sys::exists(directory)) return false;
  sys::make_dir(directory, 0755);
  return true;
}

std::string VolumeTable::take_out(const std::string& name, const Users& users) {
  const std::string directory = path(name);
  const std::lock_guard lock(mutex_);
  if (!sys::exists(directory)) {
    throw Error(ErrorKind::kNotFound, "volume not found: " + quote(name))
        .with_hint("minibox volume ls lists all volumes");
  }
  std::vector<std::string> containers = users();
  if (!containers.empty()) {
    for (std::string& container : containers) container = quote(container);
    throw Error(ErrorKind::kConflict, "volume " + quote(name) + " is in use by " + join(containers, ", "))
        .with_hint("remove the containers first: minibox rm");
  }
  std::string aside = tmp_ + "/volume-" + name + "-" + random_id() + random_id();
  sys::set_aside(directory, aside);
  return aside;
}

}  // namespace minibox::engine
