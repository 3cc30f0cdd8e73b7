// The writing half of layer_tar.h.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "store/gzip_writer.h"
#include "store/layer_tar.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr size_t kMaxPath = 4096;  // PATH_MAX: no tar reader could make a longer one

constexpr char kOpaque[] = "trusted.overlay.opaque";

bool is_whiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0);
}

// Walks an upper directory by descriptor: no symlink in it is ever followed.
class UpperWalk {
 public:
  explicit UpperWalk(TarWriter& tar) : tar_(tar), buffer_(256u << 10, '\0') {}

  void walk(const sys::Fd& dir, const std::string& prefix) {
    for (const std::string& name : sys::list_entries(dir)) add(dir, name, prefix + name);
  }

 private:
  void add(const sys::Fd& dir, const std::string& name, const std::string& path) {
    const struct stat info = sys::stat_entry(dir, name);
    if (S_ISSOCK(info.st_mode)) return;  // a layer can't hold one; it is dead without its process anyway
    if (is_whiteout(info)) return add_marker(path.substr(0, path.size() - name.size()) + ".wh." + name);
    // The archive could not tell it from a whiteout: unpacked, it would delete something else.
    if (name.starts_with(".wh.")) {
      throw Error(ErrorKind::kUnsupported, quote(path) + ": names beginning with '.wh.' can't be stored in an image");
    }
    if (S_ISDIR(info.st_mode)) return add_directory(dir, name, path, info);
    if (info.st_nlink > 1 && add_hard_link(path, info)) return;
    if (S_ISREG(info.st_mode)) return add_regular(dir, name, path);
    TarEntry entry = describe(path, info);
    if (S_ISLNK(info.st_mode)) entry.link_target = sys::read_link_entry(dir, name);
    tar_.add(entry);
  }

  static TarEntry describe(const std::string& path, const struct stat& info) {
    TarEntry entry;
    entry.path = path;
    entry.mode = info.st_mode;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mtime = info.st_mtim.tv_sec;
    if (S_ISREG(info.st_mode)) entry.size = static_cast<std::uint64_t>(info.st_size);
    if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) entry.device = info.st_rdev;
    return entry;
  }

  void add_marker(const std::string& path) {
    TarEntry entry;
    entry.path = path;
    entry.mode = S_IFREG;
    tar_.add(entry);
  }

  void add_directory(const sys::Fd& parent, const std::string& name, const std::string& path, const struct stat& info) {
    // Bounds the recursion too: each level has a frame and a descriptor.
    if (path.size() >= kMaxPath)
      throw Error(ErrorKind::kUnsupported, "path of " + std::to_string(path.size()) + " bytes is too long for a layer");
    const sys::Fd dir = sys::open_dir_entry(parent, name);
    TarEntry entry = describe(path + "/", info);
    entry.xattrs = stored_xattrs(dir, path);
    tar_.add(entry);
    if (sys::try_get_xattr(dir, kOpaque).value_or("") == "y") add_marker(path + "/.wh..wh..opq");
    walk(dir, path + "/");
  }

  // False for the first of the links, which carries the content.
  bool add_hard_link(const std::string& path, const struct stat& info) {
    const auto [first, inserted] = first_links_.try_emplace({info.st_dev, info.st_ino}, path);
    if (inserted) return false;
    TarEntry entry = describe(path, info);
    entry.size = 0;
    entry.hard_link = true;
    entry.link_target = first->second;
    tar_.add(entry);
    return true;
  }

  void add_regular(const sys::Fd& dir, const std::string& name, const std::string& path) {
    const sys::Fd file = sys::open_regular_entry(dir, name);
    TarEntry entry = describe(path, sys::stat_of(file));
    entry.xattrs = stored_xattrs(file, path);
    tar_.add(entry);
    for (std::uint64_t left = entry.size; left > 0;) {
      const size_t got = sys::read_some(file, buffer_.data(), std::min<std::uint64_t>(left, buffer_.size()));
      if (got == 0) throw Error(ErrorKind::kConflict, quote(path) + " became shorter while it was read");
      tar_.write({buffer_.data(), got});
      left -= got;
    }
  }

  static std::vector<std::pair<std::string, std::string>> stored_xattrs(const sys::Fd& file, const std::string& path) {
    std::vector<std::pair<std::string, std::string>> xattrs;
    for (const std::string& name : sys::list_xattrs(file)) {
      if (name == "trusted.overlay.redirect" || name == "trusted.overlay.metacopy") {
        throw Error(ErrorKind::kInternal, quote(path) + " has the overlay attribute " + quote(name));
      }
      const bool kept = name == "security.capability" || name.starts_with("user.");
      if (!kept || name.starts_with("user.overlay.")) continue;
      if (auto value = sys::try_get_xattr(file, name)) xattrs.emplace_back(name, std::move(*value));
    }
    return xattrs;
  }

  TarWriter& tar_;
  std::string buffer_;
  std::map<std::pair<dev_t, ino_t>, std::string> first_links_;
};

}  // namespace

Layer write_layer(const BlobStore& blobs, const std::function<void(TarWriter&)>& fill) {
  BlobWriter blob = blobs.writer();
  GzipWriter gzip([&](std::string_view bytes) { blob.write(bytes); });
  Sha256 diff;
  TarWriter tar([&](std::string_view bytes) {
    diff.update(bytes);
    gzip.write(bytes);
  });
  fill(tar);
  tar.finish();
  gzip.finish();
  Layer layer;
  layer.blob = blob.commit();
  layer.blob.media_type = oci::kGzipLayerMediaType;
  layer.diff_id = diff.finish();
  return layer;
}

Layer write_layer(const BlobStore& blobs, const std::string& upper_directory) {
  return with_context("write layer", [&] {
    const sys::Fd upper = sys::open_dir(upper_directory);
    return write_layer(blobs, [&](TarWriter& tar) { UpperWalk(tar).walk(upper, ""); });
  });
}

}  // namespace minibox::store
