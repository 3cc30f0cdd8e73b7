// minibox cp: the container's side. The daemon opens no path of the user's: the client reads and writes those.
#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/archive.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/stopped_files.h"
#include "oci/runtime_spec.h"
#include "runtime/bundle.h"
#include "sys/fs_identity.h"

namespace minibox::engine {
namespace {

// The files of a container, as it sees them: volumes and all. Its mutex is not held while they are copied, for that
// goes at the client's pace.
class ContainerFiles {
 public:
  ContainerFiles(EngineState& state, const ContainerPtr& container) {
    std::unique_lock lock(container->mutex);
    if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + label_of(*container));
    if (container->running()) {
      open_running(state, *container);
    } else {
      stopped_ = share_files(state, container, lock);
      id_count_ = state.policy.subuid_count;
    }
  }
  ArchiveRoot archive_root() const { return {stopped_ ? stopped_->root() : *root_, first_id_, id_count_}; }
  unsigned first_id() const { return first_id_; }

 private:
  void open_running(EngineState& state, const Container& container) {
    const auto init = open_init(state, container.record.info);
    std::optional<sys::Fd> root = init ? init->open_root() : std::nullopt;
    if (!root) throw Error(ErrorKind::kConflict, "container " + label_of(container) + " has just ended");
    root_.emplace(std::move(*root));
    const std::string config = sys::read_file(container.directory + "/" + runtime::kConfigFile);
    const oci::RuntimeSpec spec = oci::RuntimeSpec::parse(config);
    if (spec.uid_mappings.empty()) return;
    first_id_ = spec.uid_mappings[0].host_id;
    id_count_ = spec.uid_mappings[0].size;
  }

  std::optional<sys::RootDir> root_;
  std::shared_ptr<const StoppedFiles> stopped_;
  unsigned first_id_ = 0;
  unsigned id_count_ = UINT32_MAX;
};

void check_path(const std::string& path) {
  if (!path.starts_with("/")) throw Error(ErrorKind::kInvalid, "path " + quote(path) + " is not absolute");
}

}  // namespace

std::uint64_t Engine::copy_out(const std::string& reference, const std::string& path, const ArchiveSink& sink) const {
  check_path(path);
  const ContainerFiles files(*state_, state_->containers.find(reference));
  return pack_archive(files.archive_root(), path, sink);
}

void Engine::copy_in(const std::string& reference, const std::string& path, const ArchiveSource& source) {
  check_path(path);
  const ContainerFiles files(*state_, state_->containers.find(reference));
  const sys::FsIdentity identity(files.first_id());
  unpack_archive(files.archive_root(), path, source);
}

}  // namespace minibox::engine
