// The context as one build sees it: each COPY source is digested once, when the build is planned, and what is copied
// later must still be that.
//
// digest() is for the thread that plans; afterwards any thread may call paths() and source().
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "build/context.h"
#include "build/tree_digest.h"

namespace minibox::build {

class PlannedContext {
 public:
  // `context` and `cache` must outlive it. A COPY source holds at most `max_bytes`.
  PlannedContext(const Context& context, StatCache& cache, std::uint64_t max_bytes)
      : context_(context), cache_(cache), max_bytes_(max_bytes) {}

  // Of a COPY source, wildcards and all. Errors as Context::expand and source(); kExhausted, naming a file, when the
  // files are larger than `max_bytes`, before they are read; kCancelled when `stop` is requested.
  std::string digest(const std::string& source, const std::stop_token& stop);

  // What a source that was digested stands for, and each of it for copy_tree(); kConflict when it has gone.
  const std::vector<std::string>& paths(const std::string& source) const { return paths_.at(source); }
  TreeSource source(const std::string& path) const;

  // What each file, link and directory of a digested source held, as a hash, by path; none when all sources together
  // held more than `limit`.
  std::map<std::string, std::string> values(const std::string& source, size_t limit) const;

 private:
  const Context& context_;
  StatCache& cache_;
  const std::uint64_t max_bytes_;
  TreeRecord record_;
  std::map<std::string, std::vector<std::string>> paths_;  // by source
};

}  // namespace minibox::build
