// A directory that paths from outside (image, volume target, archive member, COPY) are resolved beneath, by descriptor
// with openat2(2) RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS: "..", absolute symlinks and racing renames stay inside.
// The cure for CVE-2018-15664, CVE-2019-14271, CVE-2021-30465 and their kind. Any thread may use one object.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "sys/fd.h"

namespace minibox::sys {

class RootDir {
 public:
  static RootDir open(const std::string& path);  // `path` itself is trusted
  explicit RootDir(Fd dir) : dir_(std::move(dir)) {}

  const Fd& fd() const { return dir_; }

  // Symlinks are followed as if the directory were "/"; a final symlink too unless O_NOFOLLOW is in `flags`.
  Fd open_beneath(const std::string& path, int flags, mode_t mode = 0) const;
  std::optional<Fd> try_open_beneath(const std::string& path, int flags,
                                     mode_t mode = 0) const;  // ENOENT, ENOTDIR: empty

  // Opens `path` as a directory (O_PATH not set), making what is missing with `mode`, owned by uid:gid.
  Fd make_dirs_beneath(const std::string& path, mode_t mode, uid_t uid = 0, gid_t gid = 0) const;

  // Opens the parent directory of the last component, which must be a plain name; use with *at() calls and O_NOFOLLOW.
  struct Parent {
    Fd dir;
    std::string name;
  };
  Parent open_parent(const std::string& path) const;

 private:
  Fd dir_;
};

// "/a//b/./c/" -> "a/b/c"; ".." is kept, openat2 resolves it.
std::string relative_path(const std::string& path);

}  // namespace minibox::sys
