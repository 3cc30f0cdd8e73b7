// What layers look like on both sides: in an archive (OCI image spec, layer.md) and as a directory of overlayfs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sys/fd.h"

namespace minibox::store {

// In the archive: an empty file ".wh.name" hides "name" of the layers below, this marker in a directory hides all that
// they have there. Other names with kAufsPrefix are bookkeeping of aufs, not content.
inline constexpr std::string_view kWhiteoutPrefix = ".wh.";
inline constexpr std::string_view kOpaqueMarker = ".wh..wh..opq";
inline constexpr std::string_view kAufsPrefix = ".wh..wh.";
// On the disk: "y" on a directory that hides what the layers below have there. For a name see sys::is_whiteout.
inline constexpr char kOpaqueXattr[] = "trusted.overlay.opaque";

// Unpacking remembers each directory's time until its end. Writing counts the same, so that it makes no layer that
// can't be unpacked again.
class DirectoryMemory {
 public:
  explicit DirectoryMemory(std::uint64_t bytes) : left_(bytes) {}
  void take(std::string_view path);  // clean: without '/' at either end, "." for the layer itself; else kExhausted

 private:
  std::uint64_t left_;
};

using Xattrs = std::vector<std::pair<std::string, std::string>>;

// Whether an extended attribute is content. The kernel's own must come from the kernel: with trusted.overlay.redirect
// a layer could show any directory of a lower one. ACLs and labels belong to the host that set them.
bool is_stored_xattr(std::string_view name);
Xattrs stored_xattrs(const sys::Fd& file);                                         // sorted by name
Xattrs stored_xattrs(const sys::Fd& file, const std::vector<std::string>& names);  // those of `names`
void set_stored_xattrs(const sys::Fd& file, const Xattrs& xattrs);                 // the others are passed over

}  // namespace minibox::store
