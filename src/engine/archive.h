// Files of a container as a tar stream and back. Everything is reached by descriptor below the container's root, so
// that symlinks, mounts and racing renames inside lead nowhere outside.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sys/root_dir.h"

namespace minibox::engine {

using ArchiveSink = std::function<void(std::string_view)>;
// Fills as far as it can; 0 at the end.
using ArchiveSource = std::function<size_t(char* buffer, size_t size)>;

struct ArchiveRoot {
  const sys::RootDir& root;
  unsigned first_id = 0;  // what the daemon sees as owner of files of the container's root
  unsigned id_count = 0;  // how many ids from there on are the container's
};

// `path` and all below it; a symlink at its end as a symlink. Devices, fifos and sockets are left out, and what lies in
// /proc, /sys and their like; -> how many of these there were. Error kNotFound; kInvalid when `path` itself is one.
std::uint64_t pack_archive(const ArchiveRoot& from, const std::string& path, const ArchiveSink& sink);

// Into the directory `path`; or, when there is no such directory, as `path`: the first part of every name is replaced,
// and must be the same. What stands in the way of a file is replaced, directories are kept. Error kInvalid: devices,
// paths that lead upwards, ids that the container does not have; kNotFound: no directory to put it in.
void unpack_archive(const ArchiveRoot& into, const std::string& path, const ArchiveSource& source);

}  // namespace minibox::engine
