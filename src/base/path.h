// Paths as text: pure, the file system is not asked.
#pragma once

#include <string>

namespace minibox {

// The absolute path, without "." and "..", that `path` names from `directory` (absolute). ".." stops at "/".
std::string resolve_path(const std::string& directory, const std::string& path);

}  // namespace minibox
