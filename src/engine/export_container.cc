// minibox export: a container's root file system as one tar.
#include <fcntl.h>

#include "engine/container_files.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "store/layer_tar.h"
#include "store/tar_writer.h"

namespace minibox::engine {
namespace {

void write_root(const ArchiveRoot& from, const ArchiveSink& sink, std::stop_token stop) {
  store::TreeRules rules;
  rules.layer = false;
  rules.live = true;
  rules.first_id = from.first_id;
  // Of a stopped container the disk tells more owners than the container could see.
  if (from.first_id != 0) rules.id_count = from.id_count;
  store::LayerLimits limits;
  limits.max_bytes = UINT64_MAX;  // the client's to store
  store::TarWriter tar(sink);
  store::write_tree(tar, from.root.open_beneath("/", O_RDONLY | O_DIRECTORY), rules, std::move(stop), limits);
  tar.finish();
}

}  // namespace

void Engine::export_container(const std::string& reference, const ArchiveSink& sink, std::stop_token stop) const {
  const ContainerFiles files(*state_, state_->containers.find(reference));
  files.read([&](const ArchiveRoot& from) { write_root(from, sink, std::move(stop)); });
}

}  // namespace minibox::engine
