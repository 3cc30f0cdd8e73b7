#include "sys/cgroup.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <set>

#include "base/error.h"
#include "sys/cgroup_backends.h"
#include "sys/file.h"

namespace minibox::sys {
namespace {

bool is_unified(const std::string& root) {
  struct statfs info{};
  return ::statfs(root.c_str(), &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

void check_path(const std::string& path) {
  if (path.empty() || path[0] != '/' || path.find("..") != std::string::npos || path == "/") {
    throw Error(ErrorKind::kInvalid, "cgroup path '" + path + "' is not absolute below the root");
  }
}

}  // namespace

std::unique_ptr<Cgroup> Cgroup::open(const std::string& path, const std::string& root) {
  check_path(path);
  if (is_unified(root)) return std::make_unique<CgroupV2>(root, path);
  return std::make_unique<CgroupV1>(root, path);
}

bool Cgroup::has_io_weight(const std::string& root) {
  // io.weight, which the root cgroup itself does not have, comes with the io.cost model.
  return is_unified(root) && exists(root + "/io.cost.qos");
}

std::vector<std::string> Cgroup::list(const std::string& parent, const std::string& root) {
  std::set<std::string> names;
  std::vector<std::string> hierarchies = {root};
  if (!is_unified(root)) hierarchies = CgroupV1::hierarchies(root);
  for (const std::string& hierarchy : hierarchies) {
    const std::string dir = hierarchy + parent;
    if (!exists(dir)) continue;
    for (const std::string& name : list_dir(dir)) {
      const auto info = try_lstat(dir + "/" + name);
      if (info && S_ISDIR(info->st_mode)) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace minibox::sys
