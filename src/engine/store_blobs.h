// The image store as registries see it: where pulled blobs go, and where pushed ones come from. Any thread may call.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "engine/engine_state.h"
#include "oci/reference.h"
#include "registry/blobs.h"
#include "registry/push.h"
#include "store/layer_intake.h"

namespace minibox::engine {

// Lives as long as one pull. What was unpacked and is not wanted goes with it.
class StoreSink : public registry::BlobSink {
 public:
  explicit StoreSink(EngineState& state) : state_(state) {}

  bool has(const oci::Descriptor& blob) override;
  std::unique_ptr<registry::BlobDownload> begin(const oci::Descriptor& blob) override;
  std::string read(const oci::Descriptor& blob) override;
  void put(const oci::Descriptor& manifest, std::string_view bytes) override;
  bool is_unpacked(const oci::Digest& diff_id) override;
  bool unpack(const oci::Descriptor& layer, const oci::Digest& diff_id, const std::stop_token& stop) override;

 private:
  class LayerDownload;
  void keep(store::StagedLayer layer);
  std::unique_ptr<sys::TempDir> take_unpacked(const oci::Digest& blob, const oci::Digest& diff_id);

  EngineState& state_;
  std::mutex mutex_;
  // While it came. By blob and diff_id: that another blob holds this layer says nothing about one that claims to.
  std::map<std::pair<oci::Digest, oci::Digest>, std::unique_ptr<sys::TempDir>> unpacked_;
};

// Repositories of the registry of `reference`, but for its own, that are known to have a blob. `state` must outlive it.
registry::KnownAt known_elsewhere(const EngineState& state, const oci::Reference& reference);

class StoreSource : public registry::BlobSource {
 public:
  explicit StoreSource(const EngineState& state) : state_(state) {}
  std::unique_ptr<registry::BlobReader> open(const oci::Descriptor& blob) override;

 private:
  const EngineState& state_;
};

}  // namespace minibox::engine
