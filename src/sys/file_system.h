// Which file system something lies on.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "sys/fd.h"

namespace minibox::sys {

// A name for the mounted file system that no other one has until the machine is started anew (its type, its id and the
// boot's). Empty for one that is not known to keep change times and inode numbers by itself: those of the network and
// of FUSE say what their server wants, and overlayfs may give an inode's number to another file.
std::optional<std::string> identify_file_system(const Fd& file);

// Whether the server of a FUSE file system that is mounted at `path` still answers, within that time. True of other
// ones.
bool is_served(const std::string& path, std::chrono::milliseconds patience);

std::string boot_id();  // another one after each start of the machine

}  // namespace minibox::sys
