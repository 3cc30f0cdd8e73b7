#include "engine/build_caches.h"

#include <algorithm>

#include "base/error.h"
#include "build/hasher.h"
#include "sys/disk_usage.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

std::string name_of(const std::string& path) {
  return build::Hasher().field(path).hex();
}

}  // namespace

// All at once: steps that want the same ones in another order must not wait for each other.
std::unique_ptr<BuildCaches::Lease> BuildCaches::acquire(const std::vector<std::string>& paths,
                                                         const std::stop_token& stop) {
  const auto is_free = [&] {
    return std::none_of(paths.begin(), paths.end(), [&](const std::string& path) { return in_use_.contains(path); });
  };
  std::unique_lock lock(mutex_);
  if (!freed_.wait(lock, stop, is_free)) throw Error(ErrorKind::kCancelled, "cancelled");
  in_use_.insert(paths.begin(), paths.end());
  return std::make_unique<Lease>(*this, std::set<std::string>(paths.begin(), paths.end()));
}

void BuildCaches::release(const std::set<std::string>& paths) {
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& path : paths) in_use_.erase(path);
  }
  freed_.notify_all();
}

std::string BuildCaches::directory(const std::string& path) const {
  const std::string directory = root_.caches() + "/" + name_of(path);
  sys::make_dirs(directory, 0755);
  return directory;
}

// Taken away under the lock, removed without it: no step waits for a large one.
BuildCaches::Cleared BuildCaches::clear() {
  const sys::TempDir doomed(root_.tmp(), "caches-");
  std::vector<std::string> taken;
  {
    const std::lock_guard lock(mutex_);
    std::set<std::string> kept;
    for (const std::string& path : in_use_) kept.insert(name_of(path));
    for (const std::string& name : sys::list_dir(root_.caches())) {
      if (kept.contains(name)) continue;
      taken.push_back(doomed.path() + "/" + name);
      sys::rename_path(root_.caches() + "/" + name, taken.back());
    }
  }
  Cleared cleared{taken.size(), 0};
  for (const std::string& path : taken) cleared.bytes += sys::disk_usage(path);
  return cleared;
}

}  // namespace minibox::engine
