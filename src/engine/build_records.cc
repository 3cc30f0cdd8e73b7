#include "engine/build_records.h"

#include <set>
#include <string_view>

#include "engine/last_build.h"
#include "oci/digest.h"
#include "sys/disk_usage.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// What is being written at this moment has to keep its name.
bool is_record(const std::string& folder, std::string_view name) {
  constexpr std::string_view kSuffix = ".json";
  if (sys::is_unfinished_name(name)) return sys::is_abandoned(folder + "/" + std::string(name));
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return oci::Digest::is_hex(name);
}

std::uint64_t remove_files(const std::string& folder, const std::set<std::string>& kept = {}) {
  std::uint64_t bytes = 0;
  for (const std::string& name : sys::list_dir(folder)) {
    const std::string path = folder + "/" + name;
    if (kept.contains(name) || !is_record(folder, name)) continue;
    const std::uint64_t size = sys::disk_usage(path);
    if (sys::remove_file(path)) bytes += size;
  }
  return bytes;
}

// The folder itself is always there.
std::uint64_t usage_below(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const std::string& name : sys::list_dir(folder)) bytes += sys::disk_usage(folder + "/" + name);
  return bytes;
}

}  // namespace

BuildRecords count_build_records(const EngineState& state) {
  const store::DataRoot& root = state.data_root;
  return {sys::list_dir(root.caches()).size(),
          usage_below(root.contexts()) + usage_below(root.explain()) + usage_below(root.caches())};
}

BuildRecords clear_build_records(EngineState& state) {
  const BuildCaches::Cleared caches = state.build_caches.clear();
  return {caches.count,
          caches.bytes + remove_files(state.data_root.contexts()) + remove_files(state.data_root.explain())};
}

std::uint64_t remove_stale_records(const EngineState& state) {
  std::set<std::string> kept;
  for (const store::ImageEntry& image : state.images.list()) kept.insert(LastBuild::file_name(image.name));
  return remove_files(state.data_root.explain(), kept);
}

}  // namespace minibox::engine
