// The writing half of layer_tar.h.
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "store/layer_format.h"
#include "store/layer_sink.h"
#include "store/layer_tar.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr size_t kMaxPath = 4096;  // PATH_MAX: no tar reader could make a longer one

// Walks an upper directory by descriptor: no symlink in it is ever followed.
class UpperWalk {
 public:
  UpperWalk(TarWriter& tar, std::stop_token stop, const LayerLimits& limits, std::optional<std::int64_t> mtime)
      : tar_(tar),
        stop_(std::move(stop)),
        limits_(limits),
        mtime_(mtime),
        directory_memory_(limits.max_directory_memory),
        buffer_(256u << 10, '\0') {}

  void run(const sys::Fd& upper) {
    directory_memory_.take(".");
    put(describe_directory(upper, "./"));
    walk(upper, "");
    if (mtime_) sys::set_modified_time(upper, {*mtime_, 0});
  }

 private:
  void walk(const sys::Fd& dir, const std::string& prefix) {
    for (const std::string& name : sys::list_entries(dir)) {
      check_stop();
      add(dir, name, prefix + name);
    }
  }

  void check_stop() const {
    if (stop_.stop_requested()) throw Error(ErrorKind::kCancelled, "cancelled");
  }

  void put(TarEntry entry) {
    if (mtime_) entry.mtime = *mtime_;
    if (++entries_ > limits_.max_entries) {
      throw Error(ErrorKind::kExhausted, "more than " + std::to_string(limits_.max_entries) + " files and directories");
    }
    tar_.add(entry);
  }

  void add(const sys::Fd& dir, const std::string& name, const std::string& path) {
    const struct stat info = sys::stat_entry(dir, name);
    if (S_ISSOCK(info.st_mode)) return;  // a layer can't hold one; it is dead without its process anyway
    if (sys::is_whiteout(info)) {
      return add_marker(path.substr(0, path.size() - name.size()) + std::string(kWhiteoutPrefix) + name);
    }
    // The archive could not tell it from a whiteout: unpacked, it would delete something else.
    if (name.starts_with(kWhiteoutPrefix)) {
      throw Error(ErrorKind::kUnsupported, quote(path) + ": names beginning with '.wh.' can't be stored in an image");
    }
    const bool is_late = mtime_ && (info.st_mtim.tv_sec != *mtime_ || info.st_mtim.tv_nsec != 0);
    if (is_late && !S_ISDIR(info.st_mode)) sys::set_entry_time(dir, name, {*mtime_, 0});
    if (S_ISDIR(info.st_mode)) return add_directory(dir, name, path);
    if (info.st_nlink > 1 && add_hard_link(path, info)) return;
    if (S_ISREG(info.st_mode)) return add_regular(dir, name, path);
    TarEntry entry = describe(path, info);
    if (S_ISLNK(info.st_mode)) entry.link_target = sys::read_link_entry(dir, name);
    put(entry);
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
    put(entry);
  }

  static TarEntry describe_directory(const sys::Fd& dir, const std::string& path) {
    TarEntry entry = describe(path, sys::stat_of(dir));
    entry.xattrs = checked_xattrs(dir, path);
    return entry;
  }

  void add_directory(const sys::Fd& parent, const std::string& name, const std::string& path) {
    // Bounds the recursion too: each level has a frame and a descriptor.
    if (path.size() >= kMaxPath)
      throw Error(ErrorKind::kUnsupported, "path of " + std::to_string(path.size()) + " bytes is too long for a layer");
    with_context(quote(path), [&] { directory_memory_.take(path); });
    const sys::Fd dir = sys::open_dir_entry(parent, name);
    put(describe_directory(dir, path + "/"));
    if (sys::try_get_xattr(dir, kOpaqueXattr).value_or("") == "y") add_marker(path + "/" + std::string(kOpaqueMarker));
    walk(dir, path + "/");
    if (mtime_) sys::set_modified_time(dir, {*mtime_, 0});
  }

  // False for the first of the links, which carries the content.
  bool add_hard_link(const std::string& path, const struct stat& info) {
    const auto [first, inserted] = first_links_.try_emplace({info.st_dev, info.st_ino}, path);
    if (inserted) return false;
    TarEntry entry = describe(path, info);
    entry.size = 0;
    entry.hard_link = true;
    entry.link_target = first->second;
    put(entry);
    return true;
  }

  void add_regular(const sys::Fd& dir, const std::string& name, const std::string& path) {
    const sys::Fd file = sys::open_regular_entry(dir, name);
    TarEntry entry = describe(path, sys::stat_of(file));
    entry.xattrs = checked_xattrs(file, path);
    // Before it is read: a sparse file costs nothing to make and minutes to read.
    bytes_ += entry.size;
    if (bytes_ > limits_.max_bytes) {
      throw Error(ErrorKind::kExhausted, quote(path) + " of " + std::to_string(entry.size) +
                                             " bytes makes the layer larger than " + std::to_string(limits_.max_bytes) +
                                             " bytes")
          .with_hint("remove the file in the same step, or keep it in a volume");
    }
    put(entry);
    for (std::uint64_t left = entry.size; left > 0;) {
      check_stop();
      const size_t got = sys::read_some(file, buffer_.data(), std::min<std::uint64_t>(left, buffer_.size()));
      if (got == 0) throw Error(ErrorKind::kConflict, quote(path) + " became shorter while it was read");
      tar_.write({buffer_.data(), got});
      left -= got;
    }
  }

  static Xattrs checked_xattrs(const sys::Fd& file, const std::string& path) {
    const std::vector<std::string> names = sys::list_xattrs(file);  // asked once: most files have none
    for (const char* name : {"trusted.overlay.redirect", "trusted.overlay.metacopy"}) {
      if (std::find(names.begin(), names.end(), name) == names.end()) continue;
      throw Error(ErrorKind::kInternal, quote(path) + " has the overlay attribute " + quote(name));
    }
    return stored_xattrs(file, names);
  }

  TarWriter& tar_;
  const std::stop_token stop_;
  const LayerLimits& limits_;
  const std::optional<std::int64_t> mtime_;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;  // of content
  DirectoryMemory directory_memory_;
  std::string buffer_;
  std::map<std::pair<dev_t, ino_t>, std::string> first_links_;
};

}  // namespace

Layer write_layer(const BlobStore& blobs, const std::function<void(TarWriter&)>& fill, std::uint64_t max_bytes) {
  LayerSink sink(blobs, max_bytes);
  TarWriter tar([&](std::string_view bytes) { sink.write(bytes); });
  fill(tar);
  tar.finish();
  return sink.finish();
}

Layer write_layer(const BlobStore& blobs, const std::string& upper_directory, std::stop_token stop,
                  const LayerLimits& limits, std::optional<std::int64_t> mtime) {
  return with_context("write layer", [&] {
    const sys::Fd upper = sys::open_dir(upper_directory);
    const auto fill = [&](TarWriter& tar) { UpperWalk(tar, std::move(stop), limits, mtime).run(upper); };
    return write_layer(blobs, fill, limits.max_bytes);
  });
}

}  // namespace minibox::store
