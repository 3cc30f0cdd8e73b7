#include "engine/bundle.h"

#include "base/id.h"
#include "base/undo.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// The directory is the reservation of the id: mkdir(2) fails for one that is taken.
Bundle reserve(const store::DataRoot& data_root) {
  constexpr int kAttempts = 100;
  for (int attempt = 1;; ++attempt) {
    Bundle bundle;
    bundle.id = random_id();
    bundle.directory = data_root.container_dir(bundle.id);
    try {
      sys::make_dir(bundle.directory);
      return bundle;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kExists || attempt == kAttempts) throw;
    }
  }
}

}  // namespace

Bundle make_bundle(const store::DataRoot& data_root, store::Snapshotter& snapshots) {
  Bundle bundle = reserve(data_root);
  Undo undo;
  undo.push([&] { sys::remove_tree(bundle.directory); });
  snapshots.make_writable(bundle.directory);
  for (const char* file : {runtime::kHostsFile, runtime::kHostnameFile, runtime::kResolvFile}) {
    sys::write_file(bundle.directory + "/" + file, "", 0644);
  }
  for (const char* file : {runtime::kConfigFile, runtime::kExitFile, runtime::kLogFile}) {
    sys::write_file(bundle.directory + "/" + file, "");
  }
  undo.commit();
  return bundle;
}

}  // namespace minibox::engine
