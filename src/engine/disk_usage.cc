// minibox system df and prune.
#include "sys/disk_usage.h"

#include <set>

#include "engine/build_records.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/lazy_image.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

wire::DiskUsage images_row(EngineState& state, const store::ImageStore::Footprint& footprint) {
  std::set<std::string> used;
  for (const ContainerPtr& container : state.containers.all()) used.insert(container->shown().image_digest);
  wire::DiskUsage row{.type = "Images"};
  for (const store::ImageEntry& image : state.images.list()) {
    ++row.total;
    row.active += used.contains(image.digest.text()) ? 1 : 0;
  }
  row.size = static_cast<std::int64_t>(footprint.active_images + footprint.other_images);
  row.reclaimable = static_cast<std::int64_t>(footprint.other_images);
  return row;
}

wire::DiskUsage containers_row(EngineState& state) {
  wire::DiskUsage row{.type = "Containers"};
  for (const ContainerPtr& container : state.containers.all()) {
    const std::string status = container->shown().status;
    const bool active = status == "running" || status == "paused" || status == "restarting";
    const auto size = static_cast<std::int64_t>(sys::disk_usage(container->directory));
    ++row.total;
    row.active += active ? 1 : 0;
    row.size += size;
    if (!active) row.reclaimable += size;
  }
  return row;
}

wire::DiskUsage volumes_row(EngineState& state) {
  std::set<std::string> used;
  for (const ContainerPtr& container : state.containers.all()) {
    for (const auto& [name, target] : container->record.request.named_volumes) used.insert(name);
  }
  wire::DiskUsage row{.type = "Local Volumes"};
  for (const std::string& name : sys::list_dir(state.data_root.volumes())) {
    const auto size = static_cast<std::int64_t>(sys::disk_usage(state.data_root.volumes() + "/" + name));
    ++row.total;
    row.active += used.contains(name) ? 1 : 0;
    row.size += size;
    if (!used.contains(name)) row.reclaimable += size;
  }
  return row;
}

}  // namespace

std::vector<wire::DiskUsage> Engine::disk_usage() const {
  EngineState& state = *state_;
  const store::ImageStore::Footprint footprint =
      state.images.footprint(used_by_containers(state), state.layer_cache.referenced());
  wire::DiskUsage cache{.type = "Build Cache"};
  const BuildRecords records = count_build_records(state);
  cache.total = static_cast<std::int64_t>(state.layer_cache.keys().size() + records.caches);
  cache.size = cache.reclaimable = static_cast<std::int64_t>(footprint.build_cache + records.bytes);
  return {images_row(state, footprint), containers_row(state), volumes_row(state), cache};
}

wire::PruneReport Engine::prune(bool build_cache) {
  EngineState& state = *state_;
  state.images.settle();
  wire::PruneReport report;
  const auto collect = [&](std::int64_t& bytes) {
    const auto garbage = state.images.collect_garbage([&] { return in_use(state); }, store::ImageStore::Measure::kAll);
    report.put_off = report.put_off || !garbage;
    if (!garbage) return;
    report.blobs_removed += static_cast<std::int64_t>(garbage->blobs_removed);
    bytes += static_cast<std::int64_t>(garbage->bytes_freed);
  };
  report.fuse_mounts_killed = static_cast<std::int64_t>(sweep_lazy_layers(state));
  collect(report.bytes_freed);
  report.bytes_freed += static_cast<std::int64_t>(remove_stale_records(state));
  if (!build_cache) return report;
  const BuildRecords records = clear_build_records(state);
  report.build_cache_bytes_freed = static_cast<std::int64_t>(records.bytes);
  // A build at work keeps the layers that it has found there: it holds a lease.
  const size_t layers = state.layer_cache.clear();
  report.build_cache_removed = static_cast<std::int64_t>(layers + records.caches);
  if (layers > 0) collect(report.build_cache_bytes_freed);
  return report;
}

}  // namespace minibox::engine
