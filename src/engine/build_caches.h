// CACHE paths of build steps: directories below the data root that steps find again in the next build, for package
// managers to keep their downloads in. One for each path, whatever the image; a step has its caches for itself. Any
// thread may call.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "store/data_root.h"

namespace minibox::engine {

class BuildCaches {
 public:
  explicit BuildCaches(const store::DataRoot& root) : root_(root) {}

  class Lease {  // while it lives no other step has these caches
   public:
    Lease(BuildCaches& caches, std::set<std::string> paths) : caches_(caches), paths_(std::move(paths)) {}
    ~Lease() { caches_.release(paths_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    BuildCaches& caches_;
    std::set<std::string> paths_;
  };

  // Waits until all `paths` are free; kCancelled when `stop` is requested meanwhile.
  std::unique_ptr<Lease> acquire(const std::vector<std::string>& paths, const std::stop_token& stop);
  // The directory that keeps what is at `path`; made when it is not there.
  std::string directory(const std::string& path) const;

  struct Cleared {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };
  Cleared clear();  // removes those that no step has

 private:
  void release(const std::set<std::string>& paths);

  store::DataRoot root_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::set<std::string> in_use_;
};

}  // namespace minibox::engine
