#include "base/cache_path.h"

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"

namespace minibox {

std::string checked_cache_path(const std::string& path) {
  if (!path.starts_with('/')) throw Error(ErrorKind::kInvalid, "cache path " + quote(path) + " is not absolute");
  std::string clean = resolve_path("/", path);
  if (clean == "/") throw Error(ErrorKind::kInvalid, "cache path " + quote(path) + " is the root, which is no cache");
  return clean;
}

}  // namespace minibox
