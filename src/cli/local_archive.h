// The client's side of cp: files of this machine as a tar stream and back. An archive comes from a container and is not
// trusted: nothing is made outside of the destination, whatever its names and symlinks say.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "wire/tar_format.h"

namespace minibox::cli {

using ArchiveSink = std::function<void(std::string_view bytes)>;

// `path` and all below it, under its last name ("." for "dir/."), owned by root of the container. Symlinks are kept;
// devices, FIFOs and sockets below it are left out: answers how many. kInvalid when it is one itself.
std::uint64_t pack_local(const std::string& path, const ArchiveSink& sink);

// Into the directory `path`, or, when there is none, as `path`: then the archive must hold one file or directory.
void unpack_local(const std::string& path, wire::TarReader::Source source);

}  // namespace minibox::cli
