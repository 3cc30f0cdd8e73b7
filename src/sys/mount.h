// The mount API by descriptor (fsopen(2), open_tree(2), mount_setattr(2), move_mount(2)): a mount is made detached,
// owned by its descriptor, changed while nobody can see it, and attached last. A detached mount vanishes with its
// descriptor, so a failed start leaves none behind. All functions throw Error with call and arguments.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

// Mount attributes from mount(8) words: "ro", "nosuid", "nodev", "noexec", "relatime", "noatime".
struct MountAttributes {
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  bool recursive = false;  // "rbind", "rro"
};

// A new instance of a file system being configured.
class FsContext {
 public:
  explicit FsContext(const std::string& type);
  void set_flag(const std::string& key);
  void set_string(const std::string& key, const std::string& value);
  void set_fd(const std::string& key, const Fd& fd);
  bool try_set_fd(const std::string& key, const Fd& fd);  // false: the kernel doesn't take this key by descriptor
  Fd create(std::uint64_t attributes);                    // superblock and detached mount

 private:
  [[noreturn]] void fail(const std::string& call) const;
  std::string type_;
  Fd context_;
};

Fd clone_tree(const Fd& dir, const std::string& path, bool recursive);  // detached copy; dir invalid: path is absolute
void set_attributes(const Fd& mount, const MountAttributes& attributes);
void set_idmap(const Fd& mount, const Fd& user_namespace, bool recursive);
void attach(const Fd& mount, const Fd& target, const std::string& what);  // over the directory or file `target`
void attach_at_root(const Fd& mount);                                     // over "/" of the caller's mount namespace
void unmount(const std::string& path);  // what is mounted on top there; who uses it still goes on doing so (MNT_DETACH)
std::vector<std::string> mount_points_below(const std::string& directory);  // of this mount namespace, in their order
std::uint64_t mount_id(const Fd& dir, const char* path);  // of the mount that `path` below `dir` lies on; "": of `dir`
void make_private_recursive();                            // mount(MS_REC | MS_PRIVATE) of "/"
void pivot_to(const Fd& new_root);  // chdir there, pivot_root(".", "."), detach the old root, chdir("/")

}  // namespace minibox::sys
