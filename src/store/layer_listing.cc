#include "store/layer_listing.h"

#include <sys/stat.h>

#include <algorithm>
#include <climits>
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

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kUnsupported, why);
}

IndexedEntry indexed(TarMember member) {
  IndexedEntry made;
  TarEntry& from = member.entry;
  made.entry.path = sys::relative_path(from.path);
  if (from.hard_link) {
    made.entry.hard_link = true;
    made.entry.link_target = sys::relative_path(from.link_target);
    return made;
  }
  made.mtime_ns = member.mtime_ns;
  if (S_ISREG(from.mode)) made.entry.size = from.size;
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

// Passes over the content of the entry that `tar` gave last. That it is sparse shows only here: of a hostile map
// libarchive may tell nothing with the entry, and follow it all the same.
void find_content(TarReader& tar, IndexedEntry& entry) {
  if (entry.entry.hard_link || !S_ISREG(entry.entry.mode)) return;
  const std::uint64_t begin = tar.position();
  std::uint64_t end = 0;
  bool is_contiguous = true;
  tar.read_content([&](std::int64_t offset, std::string_view bytes) {
    is_contiguous = is_contiguous && static_cast<std::uint64_t>(offset) == end && tar.position() == begin + end;
    end += bytes.size();
  });
  if (!is_contiguous || end != entry.entry.size) refuse(quote(entry.entry.path) + " is stored as a sparse file");
  if (end > 0) entry.content = begin;
}

std::uint64_t text_size(const TarEntry& entry) {
  std::uint64_t size = entry.path.size() + entry.link_target.size();
  for (const auto& [name, value] : entry.xattrs) size += name.size() + value.size();
  return size;
}

std::vector<IndexedEntry> read_entries(const ChunkSource& archive, const LayerLimits& limits) {
  const TarLocale locale;
  TarReader tar(archive);
  std::vector<IndexedEntry> entries;
  std::uint64_t text = 0;
  while (std::optional<TarMember> member = tar.next()) {
    if (entries.size() == limits.max_entries) refuse("the layer has too many entries");
    entries.push_back(indexed(std::move(*member)));
    const TarEntry& entry = entries.back().entry;
    // The index refuses it too, but only once all of them are in memory.
    if (entry.path.size() >= PATH_MAX || entry.link_target.size() >= PATH_MAX) refuse("the layer has too long a path");
    text += text_size(entry);
    if (text > limits.max_index_text) refuse("the names and attributes in the layer are too large");
    find_content(tar, entries.back());
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
    // Of the archive alone: the verdict is kept.
    const bool is_verdict = error.kind() == ErrorKind::kCorrupt || error.kind() == ErrorKind::kUnsupported;
    if (failure || !is_verdict) throw;
    listing.why_not = error.text();
  }
  while (!read().empty()) {  // behind the end-of-archive blocks, which is where libarchive stops
  }
  return listing;
}

}  // namespace minibox::store
