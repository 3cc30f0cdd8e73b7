#include "store/data_root.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

// The real, private path of the data root.
std::string open_private(const std::string& path) {
  sys::make_dirs(path, 0700);
  const sys::Fd dir = sys::open_dir(path);
  const struct stat info = sys::stat_of(dir);
  if ((info.st_mode & 0077) != 0) {
    if (!sys::list_entries(dir).empty()) {
      throw Error(ErrorKind::kDenied, "data root " + quote(path) + " is open to other users")
          .with_hint("if it is MiniBox's own directory: chmod 700 " + path);
    }
    sys::set_file_attributes(dir, info.st_uid, info.st_gid, 0700, info.st_mtim);
  }
  return sys::path_of(dir);
}

// Seen in containers as part of "/"; the directory above keeps the host's other users out.
void make_mount_points(const std::string& layer) {
  for (const char* directory : {"", "/proc", "/sys", "/dev", "/etc"}) sys::make_dirs(layer + directory, 0755);
  for (const char* file : {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}) {
    if (!sys::exists(layer + file)) sys::write_file(layer + file, "", 0644);
  }
}

}  // namespace

DataRoot DataRoot::open(const std::string& path) {
  if (!path.starts_with('/')) throw Error(ErrorKind::kInvalid, "data root " + quote(path) + " is not an absolute path");
  DataRoot root = with_context("open data root", [&] { return DataRoot(open_private(path)); });
  for (const std::string& folder :
       {root.blobs(), root.layers(), root.indexes(), root.contexts(), root.extracted(), root.lazy(), root.tmp(),
        root.containers(), root.volumes(), root.images(), root.caches(), root.explain()}) {
    sys::make_dirs(folder, 0700);
  }
  sys::try_spread_subdirectories(sys::open_dir(root.containers()));
  make_mount_points(root.mount_points_layer());
  return root;
}

std::string DataRoot::container_dir(const std::string& id) const {
  if (!is_container_id(id)) throw Error(ErrorKind::kInvalid, "invalid container id " + quote(id));
  return containers() + "/" + id;
}

}  // namespace minibox::store
