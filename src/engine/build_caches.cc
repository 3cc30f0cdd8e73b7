#include "engine/build_caches.h"

#include <algorithm>

#include "base/error.h"
#include "build/hasher.h"
#include "sys/file.h"

namespace minibox::engine {

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
  const std::string directory = root_.caches() + "/" + build::Hasher().field(path).hex();
  sys::make_dirs(directory, 0755);
  return directory;
}

}  // namespace minibox::engine
