// What an index may say (layer_index.h). The rules for entries are those of unpacking a layer, told without a disk.
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "store/layer_format.h"
#include "store/layer_index.h"
#include "store/layer_tar.h"

namespace minibox::store {
namespace {

constexpr size_t kMaxChunks = 1u << 17;
constexpr size_t kMaxXattrs = 1u << 20;            // bytes, of one entry
constexpr size_t kMaxDirectoryPaths = 128u << 20;  // bytes: paths of directories, of entries or only implied by them
constexpr std::int64_t kSecond = 1'000'000'000;

[[noreturn]] void corrupt(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, why);
}

void check_chunk(const LayerIndex& index, size_t i) {
  const LayerChunk& chunk = index.chunks[i];
  const std::uint64_t before = i == 0 ? 0 : index.chunks[i - 1].blob_end;
  if (i == 0 && chunk.offset != 0) corrupt("the archive's beginning is in no chunk");
  const std::uint64_t end = i + 1 < index.chunks.size() ? index.chunks[i + 1].offset : index.size;
  if (end <= chunk.offset) corrupt("it does not end behind its beginning");
  if (end - chunk.offset > kMaxChunkSize) corrupt("it is larger than " + std::to_string(kMaxChunkSize) + " bytes");
  const bool in_blob =
      chunk.blob_offset >= before && chunk.blob_offset < chunk.blob_end && chunk.blob_end <= index.blob_size;
  if (!in_blob) corrupt("its range of the blob overlaps another one, is empty or leads out");
  if (chunk.blob_end - chunk.blob_offset > kMaxChunkSize) corrupt("it needs too much of the blob");
  if (chunk.raw_deflate && index.compression != Compression::kGzip) corrupt("only gzip is entered in its middle");
  if (chunk.bits > 7 || (chunk.bits > 0 && chunk.blob_offset == 0)) corrupt("its first bits are nowhere");
  const bool plain = index.compression == Compression::kNone;
  if (plain && (chunk.blob_offset != chunk.offset || chunk.blob_end != end)) corrupt("it is not where the blob has it");
}

void check_chunks(const LayerIndex& index) {
  if (index.chunks.size() > kMaxChunks) throw Error(ErrorKind::kExhausted, "it has too many chunks");
  if (index.chunks.empty() && index.size > 0) corrupt("it has no chunks");
  for (size_t i = 0; i < index.chunks.size(); ++i) {
    with_context("chunk " + std::to_string(i + 1), [&] { check_chunk(index, i); });
  }
}

bool is_clean(std::string_view path) {
  if (path.find('\0') != std::string_view::npos || path.size() >= PATH_MAX) return false;
  for (bool more = !path.empty(); more;) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > NAME_MAX) return false;
    more = slash != std::string_view::npos;
    if (more) path.remove_prefix(slash + 1);
  }
  return true;
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool has_place(mode_t mode) {
  return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISFIFO(mode) || S_ISCHR(mode) || S_ISBLK(mode);
}

class EntryCheck {
 public:
  explicit EntryCheck(const LayerIndex& index) : index_(index) {}

  void check(const IndexedEntry& indexed) {
    const TarEntry& entry = indexed.entry;
    if (!is_clean(entry.path)) corrupt("the path is none, or leads out of the layer");
    check_parents(entry.path);
    if (last_part(entry.path).starts_with(kWhiteoutPrefix)) check_whiteout(entry);
    if (entry.hard_link) {
      check_hard_link(entry);
    } else {
      check_attributes(indexed);
    }
    note(entry.path, !entry.hard_link && S_ISDIR(entry.mode));
  }

 private:
  // Up to the first directory that is known: it had its parents when it came. One path may imply two thousand others,
  // which all are directories in a reader's memory.
  void check_parents(std::string_view path) {
    for (size_t slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/')) {
      path = path.substr(0, slash);
      const auto known = is_directory_.find(path);
      if (known != is_directory_.end()) {
        if (!known->second) corrupt("what it is in is not a directory");
        return;
      }
      note(path, true);
    }
  }

  void note(std::string_view path, bool is_directory) {
    const bool is_new = is_directory_.insert_or_assign(path, is_directory).second;
    if (!is_new) return;
    directory_paths_ += is_directory ? path.size() : 0;
    if (is_directory_.size() > LayerLimits{}.max_entries || directory_paths_ > kMaxDirectoryPaths)
      throw Error(ErrorKind::kExhausted, "it has too many files and directories");
  }

  static void check_whiteout(const TarEntry& entry) {
    const std::string_view hidden = last_part(entry.path).substr(kWhiteoutPrefix.size());
    if (hidden.empty() || hidden == "." || hidden == "..") corrupt("the whiteout names nothing");
  }

  void check_hard_link(const TarEntry& entry) const {
    const auto target = is_directory_.find(entry.link_target);
    if (entry.path.empty() || !is_clean(entry.link_target) || target == is_directory_.end() || target->second) {
      corrupt("the hard link leads to " + quote(entry.link_target) + ", which is no file before it");
    }
  }

  void check_attributes(const IndexedEntry& indexed) const {
    const TarEntry& entry = indexed.entry;
    if (!has_place(entry.mode)) corrupt("this type of file has no place in a layer");
    if (entry.path.empty() && !S_ISDIR(entry.mode)) corrupt("the layer's root is not a directory");
    if (entry.uid >= UINT32_MAX || entry.gid >= UINT32_MAX) corrupt("the owner is out of range");
    if (indexed.mtime_ns < 0 || indexed.mtime_ns >= kSecond) corrupt("the time is out of range");
    if (entry.size > index_.size || indexed.content > index_.size - entry.size) corrupt("the content is not in it");
    if (S_ISLNK(entry.mode)) check_symlink(entry.link_target);
    size_t bytes = 0;
    for (const auto& [name, value] : entry.xattrs) {
      const bool fits = name.size() <= NAME_MAX && value.size() <= (64u << 10);  // XATTR_SIZE_MAX
      // What overlayfs believes must not come from a layer.
      if (!is_stored_xattr(name) || !fits || name.find('\0') != std::string::npos) {
        corrupt("the attribute " + quote(name) + " has no place in a layer");
      }
      bytes += name.size() + value.size();
    }
    if (bytes > kMaxXattrs) corrupt("its attributes are too large");
  }

  static void check_symlink(const std::string& target) {
    if (target.empty() || target.size() >= PATH_MAX || target.find('\0') != std::string::npos) {
      corrupt("the symbolic link leads nowhere");
    }
  }

  const LayerIndex& index_;
  std::unordered_map<std::string_view, bool> is_directory_;  // by path, of the entries so far and what they are in
  size_t directory_paths_ = 0;                               // bytes
};

}  // namespace

void LayerIndex::check() const {
  check_chunks(*this);
  if (entries.size() > LayerLimits{}.max_entries) throw Error(ErrorKind::kExhausted, "it has too many entries");
  EntryCheck check(*this);
  for (const IndexedEntry& indexed : entries) {
    with_context("entry " + quote(indexed.entry.path), [&] { check.check(indexed); });
  }
}

}  // namespace minibox::store
