// The lazy layers that are mounted now (lazy/server.h): under their paths for as long as a running container may be
// started, looked into or started again with them; the mounts of containers themselves are copies and live on. Any
// thread may call.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "lazy/config.h"
#include "oci/digest.h"
#include "store/data_root.h"
#include "store/overlay_snapshotter.h"
#include "sys/process.h"

namespace minibox::engine {

class LazyLayers {
 public:
  // `snapshots` must outlive this. `retire` gets each server's process, to be reaped when it ends.
  LazyLayers(const store::DataRoot& root, store::OverlaySnapshotter& snapshots, std::string program,
             std::function<void(sys::Child server)> retire);

  // While one lives nothing is unmounted: from before lazy layers are looked for until they have been mounted into the
  // view that is made of them. One thread may hold several.
  class Use {
   public:
    explicit Use(LazyLayers& layers);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    LazyLayers& layers_;
  };

  // Makes the layers of `config` usable: mounts those that are neither unpacked nor mounted from the same index. Until
  // a layer is unpacked nothing but its index says what is in it: the view of another image's index is never taken for
  // it. kConflict when there is one; what lazy::start_server throws. The caller holds a Use until it has mounted what
  // it makes of the layers.
  void mount(lazy::Config config);

  // Unmounts the layers that are unpacked by now, that nobody serves any more, or that are not in `in_use`, which is
  // asked when no Use can begin. Put off while there is one: then on_put_off()'s function is called as soon as it is
  // worth trying again. -> how many
  using InUse = std::function<std::set<oci::Digest>()>;
  size_t sweep(const InUse& in_use);
  void on_put_off(std::function<void()> try_again) { try_again_ = std::move(try_again); }

  // At daemon start: takes over what former daemons have mounted; what can't be is taken away, and logged. The caller
  // sweeps when it knows what is in use.
  void adopt();

 private:
  void end_use();
  void remove_mounts(const lazy::Config& config) const;
  bool is_mounted(const lazy::LayerConfig& layer);
  std::set<oci::Digest> find_dead();
  bool try_unmount(const oci::Digest& diff_id);
  void adopt(const std::string& path);

  const store::DataRoot root_;
  store::OverlaySnapshotter& snapshots_;
  const std::string program_;
  const std::function<void(sys::Child server)> retire_;
  std::function<void()> try_again_;
  std::mutex mounting_;                         // one at a time: two runs of an image share its mounts
  std::mutex mutex_;                            // of what follows
  std::map<oci::Digest, std::string> mounted_;  // by diff_id: where
  int uses_ = 0;
  bool put_off_ = false;
};

}  // namespace minibox::engine
