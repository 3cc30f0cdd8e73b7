// Snapshotter on overlayfs. Committed layers are extracted/<hex of diff_id>, complete as soon as they bear that name;
// an active snapshot is <directory>/upper and <directory>/work.
#pragma once

#include <functional>
#include <mutex>
#include <set>

#include "store/data_root.h"
#include "store/snapshotter.h"

namespace minibox::store {

class OverlaySnapshotter : public Snapshotter {
 public:
  explicit OverlaySnapshotter(const DataRoot& root) : root_(root) {}

  bool has(const oci::Digest& diff_id) const override;
  void make_writable(const std::string& directory) override;
  std::vector<oci::Mount> prepare(const std::string& directory, const std::vector<oci::Digest>& diff_ids) override;
  std::vector<oci::Mount> resume(const std::string& directory, const std::vector<oci::Digest>& diff_ids) override;
  void commit(const std::string& directory, const oci::Digest& diff_id) override;
  void remove(const std::string& directory) override;

  // How prepare() and resume() say to mount; a pure function apart from the check that the layers are there.
  std::vector<oci::Mount> mounts(const std::string& directory, const std::vector<oci::Digest>& diff_ids) const;

  // Makes a committed layer: `fill` gets an empty directory; when it returns the layer is made durable and named. No-op
  // when the layer exists.
  void add_layer(const oci::Digest& diff_id, const std::function<void(const std::string& directory)>& fill);
  void remove_layer(const oci::Digest& diff_id);  // nothing may use it any more

 private:
  void name_layer(const std::string& directory, const oci::Digest& diff_id);
  std::vector<std::string> lower_directories(const std::vector<oci::Digest>& diff_ids) const;  // top first

  DataRoot root_;
  mutable std::mutex mutex_;
  mutable std::set<oci::Digest> known_;  // layers seen to be there; they only go through remove_layer()
};

}  // namespace minibox::store
