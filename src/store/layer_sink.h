// An uncompressed layer archive on its way to a blob: compressed, hashed again and indexed on a thread of its own,
// while the caller reads the files of what comes next. write() the bytes, then finish() once; destroyed before that
// nothing stays. One thread calls.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <string_view>
#include <thread>

#include "store/blob_store.h"
#include "store/chunk_queue.h"
#include "store/gzip_writer.h"
#include "store/layer_indexer.h"
#include "store/layer_tar.h"

namespace minibox::store {

class LayerSink {
 public:
  LayerSink(const BlobStore& blobs, std::uint64_t max_bytes);
  ~LayerSink();
  // kExhausted beyond `max_bytes`; an error of storing what was written before.
  void write(std::string_view bytes);
  Layer finish();

 private:
  void store();
  void compress(std::string_view bytes);
  void rethrow_failure();

  const std::uint64_t max_bytes_;
  std::uint64_t size_ = 0;
  ChunkQueue queue_;
  BlobWriter blob_;
  GzipWriter gzip_;
  LayerChunkList chunks_;
  IndexAttempt index_;
  oci::Sha256 diff_;            // the caller's: the worker has enough to do
  std::exception_ptr failure_;  // the worker's; to be looked at when it has ended
  std::atomic<bool> has_failed_ = false;
  std::jthread worker_;
};

}  // namespace minibox::store
