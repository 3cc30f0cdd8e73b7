#include "build/copier.h"

#include <fcntl.h>

#include <cerrno>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "build/tree_digest.h"
#include "sys/attributes.h"
#include "sys/entry.h"
#include "sys/file.h"

namespace minibox::build {
namespace {

constexpr mode_t kNewDirMode = 0755;
constexpr size_t kChunk = 8u << 20;  // between two looks at the stop token

class TreeCopier {
 public:
  TreeCopier(const CopyRoot& root, const TreeSource& source, const CopyTarget& target, std::stop_token stop)
      : root_(root.merged),
        upper_(root.upper),
        ignore_(source.ignore),
        planned_(source.planned),
        target_(target),
        stop_(std::move(stop)) {}

  // A directory of the root that receives entries. It stays open: nothing else changes the root meanwhile.
  struct Place {
    sys::Fd dir;          // of the upper directory if `is_new` and there is one
    std::string path;     // in the root
    bool is_new = false;  // then nothing is in it but what was copied

    std::string entry_path(const std::string& name) const { return (path == "/" ? "" : path) + "/" + name; }
  };

  // `dir` of the root; a new one was made a moment ago.
  Place place(sys::Fd dir, std::string path, bool is_new) const {
    return {is_new ? written_directly(std::move(dir)) : std::move(dir), std::move(path), is_new};
  }

  void copy_entry(const sys::Fd& from, const TreeEntry& entry, const Place& place, const std::string& name, int depth) {
    check_stop(stop_);
    if (S_ISDIR(entry.info.st_mode)) return copy_directory(from, entry, place, depth);
    if (!place.is_new) make_room(place, name);
    if (link_to_earlier_copy(entry.info, place, name)) return;
    compare(entry.path, copy_leaf(from, entry, place.dir, name));
    if (entry.info.st_nlink > 1) copies_[{entry.info.st_dev, entry.info.st_ino}] = {entry.path, place.entry_path(name)};
  }

  void copy_content(const sys::Fd& from, const std::string& from_path, const Place& place, int depth) {
    check_depth(depth, from_path);
    const std::vector<TreeEntry> entries = list_tree(from, from_path, ignore_);
    compare(from_path, directory_value(entries));
    for (const TreeEntry& entry : entries) copy_entry(from, entry, place, entry.name, depth);
  }

  // Afterwards: what was copied as a whole, hard links too, is what was planned.
  void compare_whole(const std::string& path) {
    if (planned_ != nullptr && planned_->trees.at(path) != walked_.hex()) throw changed_while_built(path);
  }

 private:
  // The same directory without the overlay, which makes an inode of its own for each file and forwards each call. The
  // kernel leaves undefined what an overlay shows of changes made below it. It has looked up nothing in a new
  // directory, so there is nothing it could remember wrongly; the directory's own attributes are looked at by nobody.
  // A directory has the same path in both, for nothing is redirected.
  sys::Fd written_directly(sys::Fd dir) const {
    if (upper_ == nullptr) return dir;
    return sys::open_strictly_beneath(upper_->fd(), sys::path_of(dir), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  }

  void copy_directory(const sys::Fd& from, const TreeEntry& entry, const Place& parent, int depth) {
    const Place place = make_place(parent, entry.name);
    copy_content(sys::open_dir_entry(from, entry.name), entry.path, place, depth + 1);
    if (!place.is_new) return;
    // Last: filling it changes the time.
    sys::set_file_attributes(place.dir, target_.uid, target_.gid, entry.info.st_mode & 07777, entry.info.st_mtim);
  }

  Place make_place(const Place& parent, const std::string& name) {
    std::string path = parent.entry_path(name);
    if (parent.is_new || !sys::try_stat_entry(parent.dir, name)) {
      sys::make_dir_entry(parent.dir, name, 0700);
      sys::Fd dir = sys::open_dir_entry(parent.dir, name);
      if (parent.is_new) return {std::move(dir), std::move(path), true};
      return place(std::move(dir), std::move(path), true);
    }
    auto dir = root_.try_open_beneath(path, O_RDONLY | O_DIRECTORY);
    if (!dir) throw Error(ErrorKind::kConflict, quote(path) + " is in the way of a directory");
    return {std::move(*dir), std::move(path), false};
  }

  // Returns its value as in tree_digest.h, made of what was written.
  TreeValue copy_leaf(const sys::Fd& from, const TreeEntry& entry, const sys::Fd& dir, const std::string& name) {
    if (S_ISREG(entry.info.st_mode)) return file_value(entry.info.st_mode, copy_file(from, entry, dir, name));
    TreeValue value;
    if (S_ISLNK(entry.info.st_mode)) {
      const std::string target = sys::read_link_entry(from, entry.name);
      sys::make_symlink_entry(dir, name, target);
      value = symlink_value(target);
    } else {
      sys::make_fifo_entry(dir, name, 0600);
      value = fifo_value(entry.info.st_mode);
    }
    sys::set_entry_attributes(dir, name, entry.info, target_.uid, target_.gid);
    return value;
  }

  // Returns the digest of the bytes, or nothing when nobody compares it: then they need not come through memory.
  oci::Sha256::Sum copy_file(const sys::Fd& from, const TreeEntry& entry, const sys::Fd& dir, const std::string& name) {
    const sys::Fd source = sys::open_regular_entry(from, entry.name);
    sys::Fd target = sys::create_file_entry(dir, name);
    oci::Sha256::Sum content{};
    if (planned_ != nullptr) {
      content = digester_.digest(source, stop_, [&](std::string_view bytes) { sys::write_all(target, bytes, name); });
    } else {
      while (sys::copy_bytes(source, target, kChunk) > 0) check_stop(stop_);
    }
    sys::set_file_attributes(target, target_.uid, target_.gid, entry.info.st_mode & 07777, entry.info.st_mtim);
    target.close();
    return content;
  }

  void compare(const std::string& path, const TreeValue& value) {
    if (planned_ == nullptr) return;
    planned_->entries.check(path, value);
    walked_.add(value);
  }

  static void make_room(const Place& place, const std::string& name) {
    const std::optional<struct stat> there = sys::try_stat_entry(place.dir, name);
    if (!there) return;
    if (S_ISDIR(there->st_mode))
      throw Error(ErrorKind::kConflict, "directory " + quote(place.entry_path(name)) + " is in the way of a file");
    sys::remove_entry(place.dir, name);
  }

  bool link_to_earlier_copy(const struct stat& info, const Place& place, const std::string& name) {
    if (info.st_nlink < 2) return false;
    const auto earlier = copies_.find({info.st_dev, info.st_ino});
    if (earlier == copies_.end()) return false;
    sys::RootDir::Parent first = root_.open_parent(earlier->second.to);
    // A link can't lead from one mount to another.
    if (place.is_new) first.dir = written_directly(std::move(first.dir));
    sys::link_entry(first.dir, first.name, place.dir, name);
    walked_.add_hard_link(earlier->second.from);
    return true;
  }

  struct Copy {
    std::string from;  // as TreeSource::path
    std::string to;    // in the root
  };

  const sys::RootDir& root_;
  const sys::RootDir* upper_;
  const IgnoreRules* ignore_;
  const TreeRecord* planned_;
  const CopyTarget& target_;
  std::stop_token stop_;
  FileDigester digester_;
  TreeSum walked_;                                  // as digest_tree would sum up what was copied
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

// Where an entry that is no directory goes: a directory that exists afterwards, and the name in it.
std::pair<std::string, std::string> file_place(const TreeSource& source, const sys::RootDir& root,
                                               const std::string& path, const CopyTarget& target) {
  if (names_directory(target.destination) || root.try_open_beneath(path, O_RDONLY | O_DIRECTORY)) {
    make_directory(root, path, target);
    return {path, source.base_name()};
  }
  std::string parent = sys::parent_path(path);
  make_directory(root, parent, target);
  return {std::move(parent), path.substr(path.rfind('/') + 1)};
}

}  // namespace

void copy_tree(const TreeSource& source, const CopyRoot& to, const CopyTarget& target, std::stop_token stop) {
  const sys::RootDir& root = to.merged;
  const std::string path = resolve_path(target.workdir, target.destination);
  const TreeEntry entry = source.entry();
  TreeCopier copier(to, source, target, std::move(stop));
  const auto open = [&](const std::string& directory, bool is_new) {
    return copier.place(root.open_beneath(directory, O_RDONLY | O_DIRECTORY), directory, is_new);
  };
  if (S_ISDIR(entry.info.st_mode)) {
    const bool is_new = !root.try_open_beneath(path, O_PATH | O_DIRECTORY);
    make_directory(root, path, target);
    copier.copy_content(sys::open_dir_entry(source.parent, source.name), source.path, open(path, is_new), 0);
  } else {
    const auto [directory, name] = file_place(source, root, path, target);
    copier.copy_entry(source.parent, entry, open(directory, false), name, 0);
  }
  copier.compare_whole(source.path);
}

}  // namespace minibox::build
