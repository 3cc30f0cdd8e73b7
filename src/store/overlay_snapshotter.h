// Snapshotter on overlayfs. Committed layers are extracted/<hex of diff_id>, complete as soon as they bear that name;
// an active snapshot is <directory>/upper and <directory>/work. A layer that is not unpacked yet may be mounted at
// lazy/<hex of diff_id> (lazy/server.h): snapshots can be made of it all the same, and use the unpacked one as soon as
// there is one.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "store/data_root.h"
#include "store/layer_format.h"
#include "store/snapshotter.h"
#include "sys/fd.h"

namespace minibox::store {

class OverlaySnapshotter : public Snapshotter {
 public:
  explicit OverlaySnapshotter(const DataRoot& root) : root_(root) {}

  bool has(const oci::Digest& diff_id) const override;
  void make_writable(const std::string& directory) override;
  void adopt_root(const std::string& directory, const std::vector<oci::Digest>& diff_ids) override;
  std::vector<oci::Mount> prepare(const std::string& directory, const std::vector<oci::Digest>& diff_ids) override;
  std::vector<oci::Mount> resume(const std::string& directory, const std::vector<oci::Digest>& diff_ids) override;
  void commit(const std::string& directory, const oci::Digest& diff_id) override;
  void remove(const std::string& directory) override;

  // How prepare() and resume() say to mount; a pure function apart from the check that the layers are there.
  std::vector<oci::Mount> mounts(const std::string& directory, const std::vector<oci::Digest>& diff_ids) const;

  // What overlayfs needs below, top first: the layers that are not hidden completely, and the mount points of
  // DataRoot. `diff_ids` bottom first; kNotFound.
  std::vector<std::string> lower_directories(const std::vector<oci::Digest>& diff_ids) const;

  // Who calls the function it is given on another thread, soon. With one, a layer gets its name before it is on the
  // disk, and carries a mark until it is: writing out thousands of files is the dearest part of making them, and the
  // blob has it all. Without one it is on the disk before it gets its name. Set before there are other threads.
  using Later = std::function<void(std::function<void()>)>;
  void sync_later(Later later) { later_ = std::move(later); }
  // The layers that were not on the disk when the machine stopped are removed, to be unpacked again; those of a process
  // of this boot are written out. Once, before anything is looked up. Returns how many were removed.
  size_t settle_layers();

  // Makes a committed layer: `fill` gets an empty directory; when it returns the layer is named. No-op when the layer
  // exists.
  void add_layer(const oci::Digest& diff_id, const std::function<void(const std::string& directory)>& fill);
  // From now on this layer can be used as it is mounted at `path`, until it is hidden again. Whoever mounts and
  // unmounts it sees to it that no snapshot is about to be mounted meanwhile; and that nobody asks for the layer who
  // would not believe that view: nothing has compared it with the diff_id.
  void show_lazy(const oci::Digest& diff_id, const std::string& path);
  void hide_lazy(const oci::Digest& diff_id);

  // Takes a layer out of sight in one step, for nothing may use it any more. Returns where it lies now, for the caller
  // to remove; empty when it was not there.
  std::string detach_layer(const oci::Digest& diff_id);

 private:
  struct LayerRoot {  // the top directory of a committed layer
    std::string directory;
    bool opaque = false;
    struct stat info{};
    Xattrs xattrs;
  };
  using LayerRootPointer = std::shared_ptr<const LayerRoot>;

  static LayerRootPointer read_root(const sys::Fd& dir, const std::string& path);
  LayerRootPointer find_layer(const oci::Digest& diff_id) const;  // null when it is not there
  LayerRootPointer find_lazy(const oci::Digest& diff_id) const;   // null when it is not shown
  LayerRootPointer require_layer(const oci::Digest& diff_id) const;
  void name_layer(const std::string& directory, const oci::Digest& diff_id);
  void write_out(const oci::Digest& diff_id) const;

  DataRoot root_;
  Later later_;
  mutable std::mutex mutex_;
  mutable std::map<oci::Digest, LayerRootPointer> known_;  // seen to be there; they only go through detach_layer()
  std::map<oci::Digest, LayerRootPointer> lazy_;
};

}  // namespace minibox::store
