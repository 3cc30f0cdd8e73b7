// The named volumes: directories of the data root, which outlive the containers that use them. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace minibox::engine {

class VolumeTable {
 public:
  // `directory` holds one directory a volume; `tmp`, on the same file system, takes those that are being removed.
  VolumeTable(std::string directory, std::string tmp) : directory_(std::move(directory)), tmp_(std::move(tmp)) {}

  std::string path(const std::string& name) const;  // kInvalid for what is no name of a volume
  bool exists(const std::string& name) const;
  std::vector<std::string> names() const;  // sorted
  bool create(const std::string& name);    // false when it is there already
  // Out of sight at once; -> the directory that is left to be deleted. kNotFound; kConflict when `users` names any. It
  // is asked with the table locked: a container that is in sight when it calls create() keeps its volume.
  using Users = std::function<std::vector<std::string>()>;
  std::string take_out(const std::string& name, const Users& users);

 private:
  mutable std::mutex mutex_;
  std::string directory_;
  std::string tmp_;
};

}  // namespace minibox::engine
