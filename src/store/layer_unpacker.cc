#include "store/layer_unpacker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

// The entry's path with empty and "." components gone. ".." has no honest use in a layer.
std::string clean_path(const std::string& path) {
  std::string clean = sys::relative_path(path);
  for (const std::string& part : split(clean, '/')) {
    if (part == "..") throw Error(ErrorKind::kCorrupt, "the path leads out of the layer");
  }
  return clean;
}

uid_t checked_id(std::uint64_t id) {
  if (id >= UINT32_MAX) throw Error(ErrorKind::kCorrupt, "owner " + std::to_string(id) + " is out of range");
  return static_cast<uid_t>(id);
}

struct stat attributes_of(const TarEntry& entry, const timespec& mtime) {
  struct stat info{};
  info.st_mode = entry.mode;
  info.st_mtim = mtime;
  return info;
}

}  // namespace

LayerUnpacker::Place LayerUnpacker::place(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  if (!parent_ || parent != parent_path_) {
    reveal(parent);
    parent_ = root_.make_dirs_beneath(parent, 0755);
    parent_path_ = parent;
  }
  return {parent_, slash == std::string::npos ? path : path.substr(slash + 1)};
}

// A directory that an earlier entry of this archive hides in the layers below (".wh.a") and that this one implies
// ("a/x", without an entry for "a") is a new one.
void LayerUnpacker::reveal(const std::string& path) {
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string prefix = path.substr(0, end);
    const auto there = root_.try_open_beneath(prefix, O_PATH | O_NOFOLLOW);
    if (!there) return;  // all of the rest is made
    if (!sys::is_whiteout(sys::stat_of(*there))) continue;
    const sys::RootDir::Parent parent = root_.open_parent(prefix);
    sys::remove_entry(parent.dir, parent.name);
    sys::set_xattr(root_.make_dirs_beneath(prefix, 0755), kOpaqueXattr, "y");
    return;
  }
}

void LayerUnpacker::remember_time(const std::string& path, const timespec& mtime) {
  const auto [place, inserted] = directory_times_.insert_or_assign(path, mtime);
  if (inserted) directory_memory_.take(path);
}

// What an earlier entry put there makes room for the new one.
void LayerUnpacker::clear(const Place& place, bool keep_directory) {
  const auto info = sys::try_stat_entry(place.dir, place.name);
  if (!info || (keep_directory && S_ISDIR(info->st_mode))) return;
  if (S_ISDIR(info->st_mode)) {
    sys::remove_tree("/proc/self/fd/" + std::to_string(place.dir.get()) + "/" + place.name);
  } else {
    sys::remove_entry(place.dir, place.name);
  }
}

void LayerUnpacker::add_whiteout(const Place& place, const std::string& hidden) {
  if (hidden.empty() || hidden == "." || hidden == "..") {
    throw Error(ErrorKind::kCorrupt, "the whiteout names nothing");
  }
  const auto info = sys::try_stat_entry(place.dir, hidden);
  if (!info) {
    sys::make_device_entry(place.dir, hidden, S_IFCHR, makedev(0, 0));
  } else if (S_ISDIR(info->st_mode)) {
    // Removed below and made anew in this very layer: nothing of the lower directory may shine through.
    sys::set_xattr(sys::open_dir_entry(place.dir, hidden), kOpaqueXattr, "y");
  }
}

void LayerUnpacker::add_directory(const Place& place, const TarEntry& entry, const std::string& path,
                                  const timespec& mtime) {
  const auto before = sys::try_stat_entry(place.dir, place.name);
  clear(place, true);
  if (!before || !S_ISDIR(before->st_mode)) sys::make_dir_entry(place.dir, place.name, 0700);
  const sys::Fd dir = sys::open_dir_entry(place.dir, place.name);
  if (before && sys::is_whiteout(*before)) sys::set_xattr(dir, kOpaqueXattr, "y");
  sys::set_file_attributes(dir, checked_id(entry.uid), checked_id(entry.gid), entry.mode, mtime);
  set_stored_xattrs(dir, entry.xattrs);
  remember_time(path, mtime);
}

void LayerUnpacker::add_regular(const Place& place, const TarEntry& entry, const timespec& mtime,
                                const ContentReader& content) {
  clear(place, false);
  const sys::Fd file = sys::create_file_entry(place.dir, place.name);
  std::uint64_t end = 0;
  content([&](std::int64_t offset, std::string_view bytes) {
    // Sparse entries come with gaps; a map that goes backwards would write over what is there. libarchive follows one
    // that leads past the size it tells.
    const bool is_backwards = offset < 0 || static_cast<std::uint64_t>(offset) < end;
    if (is_backwards || static_cast<std::uint64_t>(offset) + bytes.size() > entry.size) {
      throw Error(ErrorKind::kCorrupt, "bad sparse map");
    }
    if (static_cast<std::uint64_t>(offset) > end && ::lseek(file.get(), offset, SEEK_SET) < 0) {
      throw Error::from_errno("lseek()", errno);
    }
    sys::write_all(file, bytes, entry.path);
    end = static_cast<std::uint64_t>(offset) + bytes.size();
  });
  if (end < entry.size && ::ftruncate(file.get(), static_cast<off_t>(entry.size)) != 0) {
    throw Error::from_errno("ftruncate()", errno);
  }
  sys::set_file_attributes(file, checked_id(entry.uid), checked_id(entry.gid), entry.mode, mtime);
  set_stored_xattrs(file, entry.xattrs);
}

void LayerUnpacker::add_hard_link(const Place& place, const TarEntry& entry) {
  const std::string target = clean_path(entry.link_target);
  if (target.empty()) throw Error(ErrorKind::kCorrupt, "the hard link has no target");
  // linkat without AT_SYMLINK_FOLLOW links a symlink itself, never what it points to.
  const sys::RootDir::Parent from = root_.open_parent(target);
  const struct stat info = sys::stat_entry(from.dir, from.name);
  if (S_ISDIR(info.st_mode)) throw Error(ErrorKind::kCorrupt, "the hard link leads to a directory");
  const auto here = sys::try_stat_entry(place.dir, place.name);
  if (here && here->st_ino == info.st_ino && here->st_dev == info.st_dev) return;  // to itself
  clear(place, false);
  sys::link_entry(from.dir, from.name, place.dir, place.name);
}

void LayerUnpacker::add_special(const Place& place, const TarEntry& entry, const timespec& mtime) {
  clear(place, false);
  switch (entry.mode & S_IFMT) {
    case S_IFLNK:
      sys::make_symlink_entry(place.dir, place.name, entry.link_target);
      break;
    case S_IFIFO:
      sys::make_fifo_entry(place.dir, place.name, 0600);
      break;
    case S_IFCHR:
    case S_IFBLK:
      sys::make_device_entry(place.dir, place.name, (entry.mode & S_IFMT) | 0600, entry.device);
      break;
    default:
      throw Error(ErrorKind::kUnsupported, "this type of file has no place in a layer");
  }
  sys::set_entry_attributes(place.dir, place.name, attributes_of(entry, mtime), checked_id(entry.uid),
                            checked_id(entry.gid));
}

void LayerUnpacker::set_root_attributes(const TarEntry& entry, const timespec& mtime) {
  if (!S_ISDIR(entry.mode)) throw Error(ErrorKind::kCorrupt, "the layer's root is not a directory");
  sys::set_file_attributes(root_.fd(), checked_id(entry.uid), checked_id(entry.gid), entry.mode, mtime);
  set_stored_xattrs(root_.fd(), entry.xattrs);
  remember_time(".", mtime);
}

void LayerUnpacker::add(const TarEntry& entry, std::int64_t mtime_ns, const ContentReader& content) {
  const timespec mtime{entry.mtime, static_cast<long>(mtime_ns)};
  const std::string path = clean_path(entry.path);
  if (path.empty()) return set_root_attributes(entry, mtime);
  const Place target = place(path);
  if (target.name == kOpaqueMarker) return sys::set_xattr(target.dir, kOpaqueXattr, "y");
  if (target.name.starts_with(kAufsPrefix)) return;  // bookkeeping of aufs, not content (OCI image spec, layer.md)
  if (target.name.starts_with(kWhiteoutPrefix)) return add_whiteout(target, target.name.substr(kWhiteoutPrefix.size()));
  if (entry.hard_link) return add_hard_link(target, entry);
  if (S_ISDIR(entry.mode)) return add_directory(target, entry, path, mtime);
  if (S_ISREG(entry.mode)) return add_regular(target, entry, mtime, content);
  add_special(target, entry, mtime);
}

void LayerUnpacker::finish() {
  // In any order: setting a directory's time changes no other's.
  for (const auto& [path, mtime] : directory_times_) {
    const auto dir = root_.try_open_beneath(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (dir) sys::set_modified_time(*dir, mtime);  // absent: a later entry took its place
  }
}

}  // namespace minibox::store
