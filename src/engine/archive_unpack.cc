#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "engine/archive.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "wire/tar_format.h"

namespace minibox::engine {
namespace {

class Unpacker {
 public:
  // `rename`: what takes the place of the first part of every name; empty when the names stay.
  Unpacker(const ArchiveRoot& into, std::string directory, std::string rename)
      : into_(into), directory_(std::move(directory)), rename_(std::move(rename)) {}

  void entry(const wire::TarEntry& entry, wire::TarReader& content) {
    const std::string path = place_of(entry.path);
    check_ids(entry);
    switch (entry.type) {
      case wire::TarEntry::Type::kDirectory:
        return directory(entry, path);
      case wire::TarEntry::Type::kFile:
        return file(entry, path, content);
      case wire::TarEntry::Type::kSymlink:
      case wire::TarEntry::Type::kHardLink:
        return link(entry, path);
    }
  }

 private:
  std::string place_of(const std::string& path) {
    if (rename_.empty()) return directory_ + "/" + path;
    const size_t slash = path.find('/');
    const std::string first = path.substr(0, slash);
    if (!first_) first_ = first;
    if (*first_ == ".") return directory_ + "/" + rename_ + (path == "." ? "" : "/" + path);  // a directory's content
    if (first != *first_) {
      throw Error(ErrorKind::kNotFound, "no directory " + quote(directory_ + "/" + rename_) + " in the container")
          .with_hint("several files need a directory to be put in");
    }
    return directory_ + "/" + rename_ + (slash == std::string::npos ? "" : path.substr(slash));
  }

  void check_ids(const wire::TarEntry& entry) const {
    if (entry.uid < into_.id_count && entry.gid < into_.id_count) return;
    throw Error(ErrorKind::kInvalid, quote(entry.path) + " belongs to an id that the container does not have");
  }

  unsigned id(std::uint64_t id) const { return into_.first_id + static_cast<unsigned>(id); }

  void set_attributes(const wire::TarEntry& entry, const sys::Fd& fd) const {
    sys::set_file_attributes(fd, id(entry.uid), id(entry.gid), entry.mode, {.tv_sec = entry.mtime, .tv_nsec = 0});
  }

  void directory(const wire::TarEntry& entry, const std::string& path) {
    const auto existing = into_.root.try_open_beneath(path, O_RDONLY | O_DIRECTORY);
    if (existing) return;  // it keeps its owner and mode: it may be /etc
    const sys::RootDir::Parent parent = into_.root.open_parent(path);
    sys::make_dir_entry(parent.dir, parent.name, 0700);
    set_attributes(entry, sys::open_dir_entry(parent.dir, parent.name));
  }

  void file(const wire::TarEntry& entry, const std::string& path, wire::TarReader& content) {
    const sys::RootDir::Parent parent = into_.root.open_parent(path);
    clear(parent);
    const sys::Fd file = sys::create_file_entry(parent.dir, parent.name);
    char piece[64 * 1024];
    while (const size_t got = content.read(piece, sizeof piece)) {
      sys::write_all(file, std::string_view(piece, got), path);
    }
    set_attributes(entry, file);
  }

  void link(const wire::TarEntry& entry, const std::string& path) {
    const sys::RootDir::Parent parent = into_.root.open_parent(path);
    clear(parent);
    if (entry.type == wire::TarEntry::Type::kHardLink) {
      const sys::RootDir::Parent target = into_.root.open_parent(place_of(entry.link_target));
      return sys::link_entry(target.dir, target.name, parent.dir, parent.name);
    }
    sys::make_symlink_entry(parent.dir, parent.name, entry.link_target);
    if (::fchownat(parent.dir.get(), parent.name.c_str(), id(entry.uid), id(entry.gid), AT_SYMLINK_NOFOLLOW) != 0)
      throw Error::from_errno("fchownat('" + path + "')", errno);
  }

  // A file, link or device in the way is replaced and never written through.
  static void clear(const sys::RootDir::Parent& parent) {
    const auto info = sys::try_stat_entry(parent.dir, parent.name);
    if (!info) return;
    if (S_ISDIR(info->st_mode))
      throw Error(ErrorKind::kConflict, quote(parent.name) + " is a directory in the container");
    sys::remove_entry(parent.dir, parent.name);
  }

  const ArchiveRoot& into_;
  std::string directory_;
  std::string rename_;
  std::optional<std::string> first_;
};

Unpacker make_unpacker(const ArchiveRoot& into, const std::string& path) {
  if (into.root.try_open_beneath(path, O_RDONLY | O_DIRECTORY)) return {into, path, ""};
  const std::string relative = sys::relative_path(path);
  const std::string parent = sys::parent_path("/" + relative);
  const bool has_parent = into.root.try_open_beneath(parent, O_RDONLY | O_DIRECTORY).has_value();
  if (!has_parent || path.ends_with("/"))
    throw Error(ErrorKind::kNotFound, "no directory " + quote(has_parent ? path : parent) + " in the container");
  return {into, parent, relative.substr(relative.rfind('/') + 1)};
}

}  // namespace

void unpack_archive(const ArchiveRoot& into, const std::string& path, const ArchiveSource& source) {
  Unpacker unpacker = make_unpacker(into, path);
  wire::TarReader reader(source);
  wire::TarEntry entry;
  while (reader.next(entry)) unpacker.entry(entry, reader);
}

}  // namespace minibox::engine
