// What the build layer asks of the engine: to carry out one block, and to remember what came of it.
//
// Life of a block, all on one worker thread:
//   1. BlockCache::find(key): a hit ends it ("CACHED").
//   2. BlockExecutor::run(job): prepare a snapshot over the base image and job.lower (bottom first); carry out the
//   instructions in
//      order, with `scope` changed by scope.h's apply() after each (RUN confined exactly as a container is; COPY
//      through copier.h; WORKDIR makes the directory); commit the upper directory as a layer blob. On any error, a
//      cancelled one too, the executor removes what it made before it throws.
//   3. BlockCache::put(key, result).
// Several blocks run at once, each on its own thread: both classes must be safe for that. Keys of the blocks of one
// build differ. run() must return soon after `stop` is requested, by throwing Error kCancelled.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "build/document.h"
#include "build/log.h"
#include "build/scope.h"
#include "oci/digest.h"

namespace minibox::build {

struct BlockResult {
  oci::Digest digest;      // of the layer blob
  oci::Digest diff_id;     // of its uncompressed tar
  std::uint64_t size = 0;  // of the blob
  bool operator==(const BlockResult&) const = default;
};

struct BlockLayer {
  std::string block;
  std::string key;
  BlockResult result;
};

struct BlockJob {
  std::string file;              // name of the MiniBox file: errors about an instruction begin "<file>:<line>: "
  const Block* block = nullptr;  // name and instructions; valid during run()
  std::string key;
  std::string base;               // the reference of the image below all
  Scope scope;                    // before the first instruction
  std::vector<BlockLayer> lower;  // above the base image, bottom first: transitive NEEDs, BNEEDs and theirs
  // For each block named in a COPY FROM the view in which the source path is looked up: its base, and the layers above
  // that, bottom first, its own last.
  struct View {
    std::string base;
    std::vector<BlockLayer> layers;
  };
  std::map<std::string, View> copy_from;
};

class BlockExecutor {
 public:
  virtual ~BlockExecutor() = default;
  // `log` takes whole lines, already prefixed (log.h's StepOutput does it); calling it may block.
  virtual BlockResult run(const BlockJob& job, const LogSink& log, std::stop_token stop) = 0;
};

struct CacheLookup {
  std::optional<BlockResult> result;
  bool corrupt = false;   // an entry was there but its layer is missing or damaged; the block is built again
  std::string from = {};  // the cache elsewhere that the result comes from; empty: the local one
};

class BlockCache {
 public:
  virtual ~BlockCache() = default;
  virtual CacheLookup find(const std::string& key) = 0;
  virtual void put(const std::string& key, const BlockResult& result) = 0;
};

}  // namespace minibox::build
