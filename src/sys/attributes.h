// What an open file or directory carries beside its content: owner, mode, times, extended attributes. By descriptor, so
// that no name can be exchanged in between. All throw Error::from_errno.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

// Owner, then mode (chown clears set-id bits), then times.
void set_file_attributes(const Fd& file, uid_t uid, gid_t gid, mode_t mode, const timespec& mtime);
void set_modified_time(const Fd& file, const timespec& mtime);

// A hint for ext4 (chattr(1), T): what lies below this directory's directories has nothing in common. Each gets a place
// of its own on the disk; in one place with all others, a new file's place is looked for among those that others have
// just left, which takes longer the more containers come and go. Other file systems need no such hint.
void try_spread_subdirectories(const Fd& dir);

std::vector<std::string> list_xattrs(const Fd& file);  // sorted; empty where the file system has none
std::optional<std::string> try_get_xattr(const Fd& file, const std::string& name);  // ENODATA and EOPNOTSUPP are empty
void set_xattr(const Fd& file, const std::string& name, std::string_view value);
void remove_xattr(const Fd& file, const std::string& name);

}  // namespace minibox::sys
