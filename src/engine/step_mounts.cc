#include "engine/step_mounts.h"

#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "engine/overlay_view.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

constexpr char kSecrets[] = "/run/secrets";

std::vector<std::string> all_caches(const build::Block& block, const std::vector<std::string>& more) {
  std::vector<std::string> paths = block.cache_paths;
  paths.insert(paths.end(), more.begin(), more.end());
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

}  // namespace

StepMounts::StepMounts(EngineState& state, const build::Block& block, const std::string& directory,
                       const std::vector<oci::Digest>& layers, const std::vector<std::string>& cache_paths,
                       const Secrets& secrets, const std::stop_token& stop)
    : state_(state), directory_(directory), layers_(layers) {
  const std::vector<std::string> paths = all_caches(block, cache_paths);
  if (paths.empty() && block.secrets.empty()) return;
  if (!paths.empty()) caches_ = state.build_caches.acquire(paths, stop);
  for (const std::string& path : paths) volumes_.emplace(state.build_caches.directory(path), path);
  if (!block.secrets.empty()) write_secrets(block, secrets);
  note_missing();
}

// Readable for every user of the step: the block has asked for them. The folder's own directory is the daemon's alone.
void StepMounts::write_secrets(const build::Block& block, const Secrets& secrets) {
  secrets_.emplace(state_.data_root.tmp(), "secrets-");
  const std::string folder = secrets_->path() + "/mounted";
  sys::make_dir(folder, 0755);
  for (const std::string& name : block.secrets) sys::write_file(folder + "/" + name, secrets.at(name), 0444);
  volumes_.emplace(folder, std::string(kSecrets) + ":ro");
}

void StepMounts::note_missing() {
  const OverlayView view(state_.snapshots.resume(directory_, layers_));
  for (const auto& [source, target] : volumes_) {
    const std::string path = split(target, ':').front();
    for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string part = path.substr(0, end);
      if (!view.root().try_open_beneath(part, O_PATH)) missing_.push_back(part);
      if (end == std::string::npos) break;
    }
  }
}

void StepMounts::remove_mount_points() {
  if (missing_.empty()) return;
  const OverlayView view(state_.snapshots.resume(directory_, layers_));
  for (auto path = missing_.rbegin(); path != missing_.rend(); ++path) {
    if (!view.root().try_open_beneath(*path, O_PATH)) continue;
    const sys::RootDir::Parent parent = view.root().open_parent(*path);
    sys::remove_empty_dir_entry(parent.dir, parent.name);
  }
}

}  // namespace minibox::engine
