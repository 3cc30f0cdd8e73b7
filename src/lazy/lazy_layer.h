// One lazy layer with all that serves it: index, tree, content, the mounted file system.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "lazy/blob_source.h"
#include "lazy/config.h"
#include "lazy/file_tree.h"
#include "lazy/layer_files.h"
#include "lazy/layer_view.h"
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
  std::function<void(const std::string& line)> log;
  std::shared_ptr<store::ChunkCache> chunks;
};

class LazyLayer {
 public:
  // `device` is that of a mounted file system, whose requests are served from now on. `surroundings` must outlive this.
  // kCorrupt when the index is not this layer's.
  LazyLayer(const LayerConfig& config, std::string index, sys::Fd device, const Surroundings& surroundings);
  LazyLayer(const LazyLayer&) = delete;
  LazyLayer& operator=(const LazyLayer&) = delete;

  const sys::Fd& device() const { return device_; }
  bool serve() { return view_.serve(); }  // LayerView::serve()

 private:
  void complain(FileTree::Id file, const std::string& why);

  const Surroundings& surroundings_;
  const sys::Fd device_;
  const store::LayerIndex index_;
  const FileTree tree_;
  BlobSource blob_;
  store::LayerContent content_;
  LayerFiles files_;
  const ReadPool::Source source_;
  LayerView view_;
  std::mutex mutex_;
  std::set<std::string> complaints_;  // made already
};

}  // namespace minibox::lazy
