#include "build/copier.h"

#include <fcntl.h>

#include <cerrno>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "build/hasher.h"
#include "build/tree_digest.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::build {
namespace {

constexpr mode_t kNewDirMode = 0755;
constexpr size_t kChunk = 8u << 20;  // between two looks at the stop token

class TreeCopier {
 public:
  TreeCopier(const sys::RootDir& root, const TreeSource& source, const CopyTarget& target, std::stop_token stop)
      : root_(root), ignore_(source.ignore), planned_(source.planned), target_(target), stop_(std::move(stop)) {}

  // The entry `name` of `from` becomes `to`, a path in the root whose parent exists.
  void copy_entry(const sys::Fd& from, const TreeEntry& entry, const std::string& to, int depth) {
    check_stop(stop_);
    if (S_ISDIR(entry.info.st_mode)) return copy_directory(from, entry, to, depth);
    const sys::RootDir::Parent parent = root_.open_parent(to);
    make_room(parent, to);
    if (link_to_earlier_copy(entry.info, parent)) return;
    compare(entry.path, copy_leaf(from, entry, parent));
    sys::set_entry_attributes(parent.dir, parent.name, entry.info, target_.uid, target_.gid);
    if (entry.info.st_nlink > 1) copies_[{entry.info.st_dev, entry.info.st_ino}] = {entry.path, to};
  }

  void copy_content(const sys::Fd& from, const std::string& from_path, const std::string& to, int depth) {
    check_depth(depth, from_path);
    const std::vector<TreeEntry> entries = list_tree(from, from_path, ignore_);
    compare(from_path, directory_value(entries));
    for (const TreeEntry& entry : entries) copy_entry(from, entry, to + "/" + entry.name, depth);
  }

  // Afterwards: what was copied as a whole, hard links too, is what was planned.
  void compare_whole(const std::string& path) {
    if (planned_ != nullptr) planned_->trees.check(path, walked_.hex());
  }

 private:
  void copy_directory(const sys::Fd& from, const TreeEntry& entry, const std::string& to, int depth) {
    const sys::RootDir::Parent parent = root_.open_parent(to);
    const bool is_new = !sys::try_stat_entry(parent.dir, parent.name);
    if (is_new) {
      sys::make_dir_entry(parent.dir, parent.name, 0700);
    } else if (!root_.try_open_beneath(to, O_RDONLY | O_DIRECTORY)) {
      throw Error(ErrorKind::kConflict, quote(to) + " is in the way of a directory");
    }
    copy_content(sys::open_dir_entry(from, entry.name), entry.path, to, depth + 1);
    if (is_new)
      sys::set_entry_attributes(parent.dir, parent.name, entry.info, target_.uid,
                                target_.gid);  // last: filling it changes mtime
  }

  // Returns its value as in tree_digest.h, made of what was written.
  std::string copy_leaf(const sys::Fd& from, const TreeEntry& entry, const sys::RootDir::Parent& to) {
    if (S_ISREG(entry.info.st_mode)) return file_value(entry.info.st_mode, copy_file(from, entry.name, to));
    if (S_ISLNK(entry.info.st_mode)) {
      const std::string target = sys::read_link_entry(from, entry.name);
      sys::make_symlink_entry(to.dir, to.name, target);
      return symlink_value(target);
    }
    sys::make_fifo_entry(to.dir, to.name, 0600);
    return fifo_value(entry.info.st_mode);
  }

  // Returns the digest of the bytes, or nothing when nobody compares it: then they need not come through memory.
  std::string copy_file(const sys::Fd& from, const std::string& name, const sys::RootDir::Parent& to) {
    const sys::Fd source = sys::open_regular_entry(from, name);
    sys::Fd target = sys::create_file_entry(to.dir, to.name);
    std::string digest;
    if (planned_ != nullptr) {
      digest = digest_file(source, stop_, [&](std::string_view bytes) { sys::write_all(target, bytes, name); });
    } else {
      while (sys::copy_bytes(source, target, kChunk) > 0) check_stop(stop_);
    }
    target.close();
    return digest;
  }

  void compare(const std::string& path, const std::string& value) {
    if (planned_ == nullptr) return;
    planned_->entries.check(path, value);
    walked_.field(value);
  }

  static void make_room(const sys::RootDir::Parent& parent, const std::string& to) {
    const std::optional<struct stat> there = sys::try_stat_entry(parent.dir, parent.name);
    if (!there) return;
    if (S_ISDIR(there->st_mode))
      throw Error(ErrorKind::kConflict, "directory " + quote(to) + " is in the way of a file");
    sys::remove_entry(parent.dir, parent.name);
  }

  bool link_to_earlier_copy(const struct stat& info, const sys::RootDir::Parent& parent) {
    if (info.st_nlink < 2) return false;
    const auto earlier = copies_.find({info.st_dev, info.st_ino});
    if (earlier == copies_.end()) return false;
    const sys::RootDir::Parent first = root_.open_parent(earlier->second.to);
    sys::link_entry(first.dir, first.name, parent.dir, parent.name);
    walked_.field(hard_link_value(earlier->second.from));
    return true;
  }

  struct Copy {
    std::string from;  // as TreeSource::path
    std::string to;    // in the root
  };

  const sys::RootDir& root_;
  const IgnoreRules* ignore_;
  const TreeRecord* planned_;
  const CopyTarget& target_;
  std::stop_token stop_;
  Hasher walked_;                                   // as digest_tree would sum up what was copied
  std::map<std::pair<dev_t, ino_t>, Copy> copies_;  // of files with several names
};

bool names_directory(const std::string& destination) {
  return destination.ends_with('/') || destination == "." || destination == ".." || destination.ends_with("/.") ||
         destination.ends_with("/..");
}

void make_directory(const sys::RootDir& root, const std::string& path, const CopyTarget& target) {
  try {
    root.make_dirs_beneath(path, kNewDirMode, target.uid, target.gid);
  } catch (Error& error) {
    if (error.errno_value() != ENOTDIR && error.errno_value() != ENOENT) throw;
    throw Error(ErrorKind::kConflict, "destination " + quote(path) + " passes through something that is no directory");
  }
}

// Where an entry that is no directory goes; its parent exists afterwards.
std::string file_path(const TreeSource& source, const sys::RootDir& root, const std::string& path,
                      const CopyTarget& target) {
  if (names_directory(target.destination) || root.try_open_beneath(path, O_RDONLY | O_DIRECTORY)) {
    make_directory(root, path, target);
    return path + "/" + source.base_name();
  }
  make_directory(root, sys::parent_path(path), target);
  return path;
}

}  // namespace

void copy_tree(const TreeSource& source, const sys::RootDir& root, const CopyTarget& target, std::stop_token stop) {
  const std::string path = resolve_path(target.workdir, target.destination);
  const TreeEntry entry = source.entry();
  TreeCopier copier(root, source, target, std::move(stop));
  if (S_ISDIR(entry.info.st_mode)) {
    make_directory(root, path, target);
    copier.copy_content(sys::open_dir_entry(source.parent, source.name), source.path, path, 0);
  } else {
    copier.copy_entry(source.parent, entry, file_path(source, root, path, target), 0);
  }
  copier.compare_whole(source.path);
}

}  // namespace minibox::build
