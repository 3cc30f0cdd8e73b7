#include "engine/container_files.h"

#include <mutex>

#include "base/error.h"
#include "engine/lazy_image.h"
#include "oci/runtime_spec.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::engine {

ContainerFiles::ContainerFiles(EngineState& state, const ContainerPtr& container)
    : state_(state), container_(container) {
  std::unique_lock lock(container->mutex);
  if (container->removed) throw Error(ErrorKind::kNotFound, "container not found: " + label_of(*container));
  if (container->running()) {
    open_running(state, *container);
  } else {
    stopped_ = share_files(state, container, lock);
    id_count_ = state.policy.subuid_count;
  }
}

void ContainerFiles::read(const std::function<void(const ArchiveRoot& from)>& read) const {
  try {
    read(archive_root());
  } catch (Error& error) {
    explain_lazy_read(state_, *container_, error);
    throw;
  }
}

void ContainerFiles::open_running(EngineState& state, const Container& container) {
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

}  // namespace minibox::engine
