// The directory all state lives in, and the path of everything in it. Mode 0700: container files with set-id bits and
// state with environment variables must not be reachable by other users. Immutable after open(); copies are fine.
#pragma once

#include <string>

#include "oci/digest.h"

namespace minibox::store {

class DataRoot {
 public:
  // Opens or makes the directory and its folders. kInvalid when not absolute; kDenied when an existing, not empty
  // directory is open to other users (it may be somebody's home rather than ours).
  static DataRoot open(const std::string& path);

  const std::string& path() const { return path_; }  // absolute, no symlinks
  std::string index_file() const { return path_ + "/index.json"; }
  std::string blobs() const { return path_ + "/blobs/sha256"; }
  std::string layers() const { return path_ + "/layers"; }        // build cache records
  std::string indexes() const { return path_ + "/indexes"; }      // which index a layer has
  std::string contexts() const { return path_ + "/contexts"; }    // what build contexts held, a cache
  std::string extracted() const { return path_ + "/extracted"; }  // unpacked layers by diff_id
  std::string lazy() const { return path_ + "/lazy"; }            // mounts of layers that are not unpacked yet
  std::string tmp() const { return path_ + "/tmp"; }              // emptied at daemon start
  std::string explain() const { return path_ + "/explain"; }      // what went into the last build of each image
  std::string caches() const { return path_ + "/caches"; }        // what build steps keep from build to build
  std::string containers() const { return path_ + "/containers"; }
  std::string volumes() const { return path_ + "/volumes"; }
  std::string images() const { return path_ + "/images"; }

  std::string blob(const oci::Digest& digest) const { return blobs() + "/" + digest.hex(); }
  std::string extracted_layer(const oci::Digest& diff_id) const { return extracted() + "/" + diff_id.hex(); }
  // By its index too: what a layer looks like that nobody has unpacked yet is the word of its index.
  std::string lazy_layer(const oci::Digest& diff_id, const oci::Digest& index) const {
    return lazy() + "/" + diff_id.hex() + "-" + index.hex();
  }
  // Below every image: the directories and empty files that a container's set-up mounts over, so that it need not make
  // them in the upper directory, where they would cost time at each start and end up in built layers.
  std::string mount_points_layer() const { return extracted() + "/mount-points"; }
  std::string container_dir(const std::string& id) const;  // kInvalid when not a container id

 private:
  explicit DataRoot(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace minibox::store
