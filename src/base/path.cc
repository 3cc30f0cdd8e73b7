#include "base/path.h"

#include <vector>

#include "base/text.h"

namespace minibox {

std::string resolve_path(const std::string& directory, const std::string& path) {
  std::vector<std::string> parts;
  for (const std::string& part : split(path.starts_with('/') ? path : directory + "/" + path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return "/" + join(parts, "/");
}

}  // namespace minibox
