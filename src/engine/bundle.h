// A container's directory, made before the container: with its id, the writable part of its root file system, and its
// files, all of them empty. It becomes a container when state.json is written; reconcile removes it otherwise.
#pragma once

#include <string>

#include "store/data_root.h"
#include "store/snapshotter.h"

namespace minibox::engine {

struct Bundle {
  std::string id;
  std::string directory;
};

Bundle make_bundle(const store::DataRoot& data_root, store::Snapshotter& snapshots);

}  // namespace minibox::engine
