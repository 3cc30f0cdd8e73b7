// One lazy layer with all that serves it: index, tree, content, the mounted file system.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "lazy/blob_source.h"
#include "lazy/config.h"
#include "lazy/file_tree.h"
#include "lazy/layer_files.h"
#include "lazy/layer_view.h"
#include "lazy/open_files.h"
#include "lazy/read_pool.h"
#include "store/layer_content.h"
#include "store/layer_index.h"

namespace minibox::lazy {

// What the layers of a server share. `log` may be called by any thread.
struct Surroundings {
  const sys::Fd& blobs;
  const sys::Fd& extracted;
  RemoteSources& remote;
  ReadPool& pool;
  BackingProcess& backing;
  std::function<void(const std::string& line)> log;
  std::shared_ptr<store::ChunkCache> chunks;
};

class LazyLayer {
 public:
  // `device` is that of mount_fuse(), whose requests are served from now on; the backing process calls it
  // `device_number`. `surroundings` must outlive this. kCorrupt when the index is not this layer's; what shake_hands()
  // throws.
  LazyLayer(const LayerConfig& config, const std::string& index, sys::Fd device, std::uint32_t device_number,
            const Surroundings& surroundings);
  LazyLayer(const LazyLayer&) = delete;
  LazyLayer& operator=(const LazyLayer&) = delete;

  const sys::Fd& device() const { return device_; }
  bool serve() { return view_.serve(); }  // LayerView::serve()
  // It is mounted nowhere any more; reads may still be under way. No file of the layer is kept from being removed.
  void end();
  bool names_backing_files() const { return opens_.has_value(); }

 private:
  OpenFiles* open_files(const LayerConfig& config, std::uint32_t device_number);
  bool can_back(const LayerConfig& config, std::uint32_t device_number);
  void log(const std::string& line) const;
  void complain(FileTree::Id file, const std::string& why);

  const Surroundings& surroundings_;
  const sys::Fd device_;
  const store::LayerIndex index_;
  const FileTree tree_;
  BlobSource blob_;
  store::LayerContent content_;
  LayerFiles files_;
  std::optional<OpenFiles> opens_;
  const ReadPool::Source source_;
  LayerView view_;
  std::mutex mutex_;
  std::set<std::string> complaints_;  // made already
};

}  // namespace minibox::lazy
