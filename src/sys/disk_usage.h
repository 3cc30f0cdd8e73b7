// What a tree takes on the disk, as du(1) counts: blocks, each file once however many names it has.
#pragma once

#include <cstdint>
#include <string>

namespace minibox::sys {

// 0 for what is not there. No symlink is followed; what vanishes meanwhile, and what lies deeper than 250 directories,
// is not counted.
std::uint64_t disk_usage(const std::string& path);

}  // namespace minibox::sys
