#include "store/layer_format.h"

#include "base/error.h"
#include "sys/attributes.h"

namespace minibox::store {

void DirectoryMemory::take(std::string_view path) {
  constexpr std::uint64_t kNodeSize = 128;  // what one costs beside its path: a node of the map
  const std::uint64_t cost = path.size() + kNodeSize;
  if (cost > left_) throw Error(ErrorKind::kExhausted, "the layer has too many directories");
  left_ -= cost;
}

bool is_stored_xattr(std::string_view name) {
  return name == "security.capability" || (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

Xattrs stored_xattrs(const sys::Fd& file) {
  return stored_xattrs(file, sys::list_xattrs(file));
}

Xattrs stored_xattrs(const sys::Fd& file, const std::vector<std::string>& names) {
  Xattrs xattrs;
  for (const std::string& name : names) {
    if (!is_stored_xattr(name)) continue;
    if (auto value = sys::try_get_xattr(file, name)) xattrs.emplace_back(name, std::move(*value));
  }
  return xattrs;
}

void set_stored_xattrs(const sys::Fd& file, const Xattrs& xattrs) {
  for (const auto& [name, value] : xattrs) {
    if (is_stored_xattr(name)) sys::set_xattr(file, name, value);
  }
}

}  // namespace minibox::store
