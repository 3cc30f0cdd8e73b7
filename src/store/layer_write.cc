// The writing half of layer_tar.h.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "base/cancellation.h"
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

// Walks a tree by descriptor: no symlink in it is ever followed.
class TreeWalk {
 public:
  TreeWalk(TarWriter& tar, const TreeRules& rules, std::stop_token stop, const LayerLimits& limits)
      : tar_(tar),
        rules_(rules),
        stop_(std::move(stop)),
        limits_(limits),
        directory_memory_(limits.max_directory_memory),
        buffer_(256u << 10, '\0') {}

  void run(const sys::Fd& upper) {
    mount_ = sys::mount_of(upper);
    directory_memory_.take(".");
    put(describe_directory(upper, "./"));
    walk(upper, "");
    if (rules_.mtime) sys::set_modified_time(upper, {*rules_.mtime, 0});
  }

 private:
  void walk(const sys::Fd& dir, const std::string& prefix) {
    const auto names = unless_changed([&] { return sys::list_entries(dir); });
    if (!names) return;
    for (const std::string& name : *names) {
      check_stop();
      add(dir, name, prefix + name);
    }
  }

  void check_stop() const { throw_if_stopped(stop_); }

  void put(TarEntry entry) {
    if (rules_.mtime) entry.mtime = *rules_.mtime;
    if (++entries_ > limits_.max_entries) {
      throw Error(ErrorKind::kExhausted, "more than " + std::to_string(limits_.max_entries) + " files and directories");
    }
    tar_.add(entry);
  }

  void add(const sys::Fd& dir, const std::string& name, const std::string& path) {
    const std::optional<struct stat> found = find(dir, name);
    if (!found) return;
    const struct stat& info = *found;
    if (S_ISSOCK(info.st_mode)) return;  // a layer can't hold one; it is dead without its process anyway
    if (rules_.layer && sys::is_whiteout(info)) {
      return add_marker(path.substr(0, path.size() - name.size()) + std::string(kWhiteoutPrefix) + name);
    }
    // The archive could not tell it from a whiteout: unpacked, it would delete something else.
    if (rules_.layer && name.starts_with(kWhiteoutPrefix)) {
      throw Error(ErrorKind::kUnsupported, quote(path) + ": names beginning with '.wh.' can't be stored in an image");
    }
    const bool is_late = rules_.mtime && (info.st_mtim.tv_sec != *rules_.mtime || info.st_mtim.tv_nsec != 0);
    if (is_late && !S_ISDIR(info.st_mode)) sys::set_entry_time(dir, name, {*rules_.mtime, 0});
    if (S_ISDIR(info.st_mode)) return add_directory(dir, name, path);
    if (info.st_nlink > 1 && add_hard_link(path, info)) return;
    if (S_ISREG(info.st_mode)) return add_regular(dir, name, path, info);
    TarEntry entry = describe(path, info);
    if (S_ISLNK(info.st_mode)) {
      const auto target = unless_changed([&] { return sys::read_link_entry(dir, name); });
      if (!target) return forget_link(info);
      entry.link_target = *target;
    }
    put(entry);
  }

  // Empty: it has vanished while we looked, or changes all the time.
  std::optional<struct stat> find(const sys::Fd& dir, const std::string& name) const {
    return rules_.live ? sys::try_stat_entry(dir, name) : sys::stat_entry(dir, name);
  }
  // What `look` finds; empty when what it looks at is no longer what it was a moment ago.
  template <typename Look>
  auto unless_changed(Look look) const -> std::optional<decltype(look())> {
    try {
      return look();
    } catch (const Error& error) {
      const int code = error.errno_value();
      const bool changed = error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kConflict ||
                           code == ENOENT || code == ENOTDIR || code == ELOOP || code == EINVAL;
      if (!rules_.live || !changed) throw;
      return std::nullopt;
    }
  }

  bool is_mounted_over(const sys::Fd& file) const { return !rules_.layer && sys::mount_of(file) != mount_; }

  std::uint64_t id_of(std::uint64_t id) const {
    constexpr std::uint64_t kNobody = 65534;
    return id >= rules_.first_id && id - rules_.first_id < rules_.id_count ? id - rules_.first_id : kNobody;
  }

  TarEntry describe(const std::string& path, const struct stat& info) const {
    TarEntry entry;
    entry.path = path;
    entry.mode = info.st_mode;
    entry.uid = id_of(info.st_uid);
    entry.gid = id_of(info.st_gid);
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

  TarEntry describe_directory(const sys::Fd& dir, const std::string& path) {
    TarEntry entry = describe(path, sys::stat_of(dir));
    entry.xattrs = checked_xattrs(dir, path);
    return entry;
  }

  void add_directory(const sys::Fd& parent, const std::string& name, const std::string& path) {
    // Bounds the recursion too: each level has a frame and a descriptor.
    if (path.size() >= kMaxPath)
      throw Error(ErrorKind::kUnsupported, "path of " + std::to_string(path.size()) + " bytes is too long for a layer");
    with_context(quote(path), [&] { directory_memory_.take(path); });
    const std::optional<sys::Fd> opened = unless_changed([&] { return sys::open_dir_entry(parent, name); });
    if (!opened) return;
    const sys::Fd& dir = *opened;
    TarEntry entry = describe_directory(dir, path + "/");
    const bool covered = is_mounted_over(dir);
    if (covered) entry.uid = entry.gid = 0;  // what is known is the owner of what is mounted there
    put(entry);
    if (covered) return;
    if (rules_.layer && sys::try_get_xattr(dir, kOpaqueXattr).value_or("") == "y")
      add_marker(path + "/" + std::string(kOpaqueMarker));
    walk(dir, path + "/");
    if (rules_.mtime) sys::set_modified_time(dir, {*rules_.mtime, 0});
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

  // The content did not come after all.
  void forget_link(const struct stat& info) { first_links_.erase({info.st_dev, info.st_ino}); }

  void add_regular(const sys::Fd& dir, const std::string& name, const std::string& path, const struct stat& info) {
    const std::optional<sys::Fd> opened = unless_changed([&] { return sys::open_regular_entry(dir, name); });
    if (!opened) return forget_link(info);
    const sys::Fd& file = *opened;
    TarEntry entry = describe(path, sys::stat_of(file));
    if (is_mounted_over(file)) entry.size = 0;
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
      const auto want = static_cast<size_t>(std::min<std::uint64_t>(left, buffer_.size()));
      size_t got = sys::read_some(file, buffer_.data(), want);
      if (got == 0) {
        if (!rules_.live) throw Error(ErrorKind::kConflict, quote(path) + " became shorter while it was read");
        std::fill_n(buffer_.begin(), want, '\0');
        got = want;
      }
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
  const TreeRules rules_;
  const std::stop_token stop_;
  const LayerLimits& limits_;
  std::uint64_t mount_ = 0;  // that the tree is on
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

void write_tree(TarWriter& tar, const sys::Fd& root, const TreeRules& rules, std::stop_token stop,
                const LayerLimits& limits) {
  TreeWalk(tar, rules, std::move(stop), limits).run(root);
}

Layer write_layer(const BlobStore& blobs, const std::string& upper_directory, std::stop_token stop,
                  const LayerLimits& limits, std::optional<std::int64_t> mtime, bool live) {
  return with_context("write layer", [&] {
    const sys::Fd upper = sys::open_dir(upper_directory);
    const auto fill = [&](TarWriter& tar) {
      write_tree(tar, upper, {.live = live, .mtime = mtime}, std::move(stop), limits);
    };
    return write_layer(blobs, fill, limits.max_bytes);
  });
}

}  // namespace minibox::store
