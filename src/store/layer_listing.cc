#include "store/layer_listing.h"

#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "store/layer_format.h"
#include "store/tar_locale.h"
#include "store/tar_reader.h"
#include "sys/root_dir.h"

namespace minibox::store {
namespace {

IndexedEntry indexed(TarMember member) {
  if (member.is_sparse) throw Error(ErrorKind::kUnsupported, quote(member.entry.path) + " is stored as a sparse file");
  IndexedEntry made;
  TarEntry& from = member.entry;
  made.entry.path = sys::relative_path(from.path);
  if (from.hard_link) {
    made.entry.hard_link = true;
    made.entry.link_target = sys::relative_path(from.link_target);
    return made;
  }
  made.mtime_ns = member.mtime_ns;
  if (S_ISREG(from.mode)) {
    made.entry.size = from.size;
    made.content = from.size > 0 ? member.content : 0;
  }
  made.entry.mode = from.mode;
  made.entry.uid = from.uid;
  made.entry.gid = from.gid;
  made.entry.mtime = from.mtime;
  made.entry.link_target = std::move(from.link_target);
  made.entry.device = from.device;
  std::erase_if(from.xattrs, [](const auto& xattr) { return !is_stored_xattr(xattr.first); });
  made.entry.xattrs = std::move(from.xattrs);
  return made;
}

std::vector<IndexedEntry> read_entries(const ChunkSource& archive, const LayerLimits& limits) {
  const TarLocale locale;
  TarReader tar(archive);
  std::vector<IndexedEntry> entries;
  while (std::optional<TarMember> member = tar.next()) {
    if (entries.size() == limits.max_entries) throw Error(ErrorKind::kExhausted, "the layer has too many entries");
    entries.push_back(indexed(std::move(*member)));
  }
  return entries;
}

}  // namespace

LayerListing list_layer(const ChunkSource& archive, const LayerLimits& limits) {
  LayerListing listing;
  std::exception_ptr failure;  // of the source, not of what came from it
  const auto read = [&]() -> std::string_view {
    try {
      return archive();
    } catch (...) {
      failure = std::current_exception();
      throw;
    }
  };
  try {
    listing.entries = read_entries(read, limits);
  } catch (const Error& error) {
    if (failure) throw;
    listing.why_not = error.text();
  }
  while (!read().empty()) {  // behind the end-of-archive blocks, which is where libarchive stops
  }
  return listing;
}

}  // namespace minibox::store
