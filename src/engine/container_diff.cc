// minibox diff: the upper directory compared with the layers below it.
#include <fcntl.h>

#include <algorithm>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/overlay_view.h"
#include "store/layer_format.h"
#include "sys/attributes.h"
#include "sys/entry.h"

namespace minibox::engine {
namespace {

constexpr size_t kMaxChanges = 1'000'000;
constexpr size_t kMaxPaths = 64U << 20;  // bytes of all paths
constexpr int kMaxDepth = 250;           // two descriptors a level

// Walks two directories by descriptor and plain name: no symlink of the container is ever followed.
class Comparison {
 public:
  void directory(const sys::Fd& upper, const sys::Fd* lower, const std::string& path, int depth) {
    if (depth > kMaxDepth) throw Error(ErrorKind::kExhausted, "directories are nested too deeply");
    const std::vector<std::string> names = sys::list_entries(upper);
    for (const std::string& name : names) entry(upper, lower, name, path + "/" + name, depth);
    if (lower == nullptr || sys::try_get_xattr(upper, store::kOpaqueXattr) != "y") return;
    for (const std::string& name : sys::list_entries(*lower)) {
      if (!std::binary_search(names.begin(), names.end(), name)) add('D', path + "/" + name);
    }
  }
  std::vector<wire::FileChange> take() { return std::move(changes_); }

 private:
  void add(char kind, const std::string& path) {
    if (changes_.size() >= kMaxChanges) throw Error(ErrorKind::kExhausted, "more than a million changes");
    path_bytes_ += path.size();
    if (path_bytes_ > kMaxPaths) throw Error(ErrorKind::kExhausted, "more than 64 MB of changed paths");
    changes_.push_back({kind, path});
  }

  void entry(const sys::Fd& upper, const sys::Fd* lower, const std::string& name, const std::string& path, int depth) {
    const auto now = sys::try_stat_entry(upper, name);
    if (!now) return;  // gone while we looked: the container runs
    const auto before = lower != nullptr ? sys::try_stat_entry(*lower, name) : std::nullopt;
    if (sys::is_whiteout(*now)) {
      if (before) add('D', path);
      return;
    }
    add(before ? 'C' : 'A', path);
    if (!S_ISDIR(now->st_mode)) return;
    const sys::Fd inside = sys::open_dir_entry(upper, name);
    if (!before || !S_ISDIR(before->st_mode)) return directory(inside, nullptr, path, depth + 1);
    const sys::Fd below = sys::open_dir_entry(*lower, name);
    directory(inside, &below, path, depth + 1);
  }

  size_t path_bytes_ = 0;
  std::vector<wire::FileChange> changes_;
};

}  // namespace

std::vector<wire::FileChange> Engine::diff(const std::string& reference) const {
  const ContainerPtr container = state_->containers.find(reference);
  ContainerRecord record;
  {
    const std::lock_guard lock(container->mutex);
    if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + label_of(*container));
    record = container->record;
  }
  ensure_layers(*state_, record);
  const OverlayView view = OverlayView::of_layers(state_->snapshots, record.layers);
  Comparison comparison;
  comparison.directory(sys::open_dir(container->directory + "/upper"), &view.root().fd(), "", 0);
  return comparison.take();
}

}  // namespace minibox::engine
