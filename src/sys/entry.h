// Directory entries by parent descriptor and plain name: no symlink is ever followed. For walking and writing trees
// that somebody else may be changing. All throw Error::from_errno with the call and the name.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

// As RootDir::open_beneath, but a symlink or ".." that leads outside `dir` is EXDEV instead of being bent back inside
// (openat2 RESOLVE_BENEATH).
Fd open_strictly_beneath(const Fd& dir, const std::string& path, int flags);

// The real path of an open file or directory, as the kernel knows it now (/proc/self/fd).
std::string path_of(const Fd& fd);

// How overlayfs marks in an upper layer that a name of a lower one is gone: a character device 0:0.
bool is_whiteout(const struct stat& info);

struct stat stat_of(const Fd& fd);
std::uint64_t mount_of(const Fd& fd);  // the id of the mount it was opened through
struct stat stat_entry(const Fd& dir, const std::string& name);
std::optional<struct stat> try_stat_entry(const Fd& dir, const std::string& name);
std::vector<std::string> list_entries(const Fd& dir);  // names, sorted by byte, without . and ..
std::string read_link_entry(const Fd& dir, const std::string& name);

Fd open_dir_entry(const Fd& dir, const std::string& name);
// Readable regular file; anything else that stands there, a fifo too, is kConflict and is not waited for.
Fd open_regular_entry(const Fd& dir, const std::string& name);
Fd create_file_entry(const Fd& dir, const std::string& name);  // O_EXCL, 0600, for writing

void make_dir_entry(const Fd& dir, const std::string& name, mode_t mode);
void make_symlink_entry(const Fd& dir, const std::string& name, const std::string& target);
void make_fifo_entry(const Fd& dir, const std::string& name, mode_t mode);
void make_device_entry(const Fd& dir, const std::string& name, mode_t mode,
                       dev_t device);  // mode has S_IFCHR or S_IFBLK
void link_entry(const Fd& from_dir, const std::string& from, const Fd& to_dir, const std::string& to);
bool remove_entry(const Fd& dir, const std::string& name);  // not a directory; false when it did not exist

bool remove_empty_dir_entry(const Fd& dir, const std::string& name);  // false when it is not there, or not empty

// Owner, then mode (chown clears set-id bits; symlinks have no mode), then times of `info`.
void set_entry_attributes(const Fd& dir, const std::string& name, const struct stat& info, uid_t uid, gid_t gid);

void set_entry_time(const Fd& dir, const std::string& name, const timespec& mtime);  // of a symlink itself

// From the current offset of both, at most `limit` bytes; returns how many, 0 at the end.
size_t copy_bytes(const Fd& from, const Fd& to, size_t limit);

}  // namespace minibox::sys
