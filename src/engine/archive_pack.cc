#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "engine/archive.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "wire/tar_format.h"

namespace minibox::engine {
namespace {

constexpr int kMaxDepth = 250;  // one descriptor a level
constexpr size_t kPiece = 64 * 1024;

// Not files that somebody has put there; /proc holds one without an end.
bool is_kernels_own(const sys::Fd& dir) {
  struct statfs info{};
  if (::fstatfs(dir.get(), &info) != 0) throw Error::from_errno("fstatfs()", errno);
  const auto type = static_cast<unsigned long>(info.f_type);
  return type == PROC_SUPER_MAGIC || type == SYSFS_MAGIC || type == DEVPTS_SUPER_MAGIC || type == CGROUP_SUPER_MAGIC ||
         type == CGROUP2_SUPER_MAGIC;
}

class Packer {
 public:
  Packer(const ArchiveRoot& from, const ArchiveSink& sink) : from_(from), sink_(sink) {}
  std::uint64_t left_out() const { return left_out_; }

  void directory(const sys::Fd& dir, const std::string& path, int depth) {
    if (depth > kMaxDepth) throw Error(ErrorKind::kExhausted, "directories are nested too deeply");
    sink_(wire::print_tar_header(describe(sys::stat_of(dir), path, wire::TarEntry::Type::kDirectory)));
    if (is_kernels_own(dir)) {
      ++left_out_;
      return;
    }
    for (const std::string& name : sys::list_entries(dir))
      entry(dir, name, path == "." ? name : path + "/" + name, depth);
  }

  void entry(const sys::Fd& dir, const std::string& name, const std::string& path, int depth) {
    const auto info = sys::try_stat_entry(dir, name);
    if (!info) return;  // gone while we looked: the container runs
    if (S_ISDIR(info->st_mode)) return directory(sys::open_dir_entry(dir, name), path, depth + 1);
    if (S_ISREG(info->st_mode)) return file(sys::open_regular_entry(dir, name), path);
    if (!S_ISLNK(info->st_mode)) {
      ++left_out_;
      return;
    }
    wire::TarEntry entry = describe(*info, path, wire::TarEntry::Type::kSymlink);
    entry.link_target = sys::read_link_entry(dir, name);
    sink_(wire::print_tar_header(entry));
  }

 private:
  wire::TarEntry describe(const struct stat& info, const std::string& path, wire::TarEntry::Type type) const {
    wire::TarEntry entry;
    entry.type = type;
    entry.path = path;
    entry.mode = info.st_mode & 07777;
    entry.uid = id_of(info.st_uid);
    entry.gid = id_of(info.st_gid);
    entry.mtime = info.st_mtim.tv_sec;
    return entry;
  }

  // As the container sees it; what is not its own is nobody's.
  std::uint64_t id_of(unsigned id) const {
    constexpr std::uint64_t kNobody = 65534;
    return id >= from_.first_id && id - from_.first_id < from_.id_count ? id - from_.first_id : kNobody;
  }

  // Exactly as long as its header says, whatever happens to the file meanwhile.
  void file(const sys::Fd& fd, const std::string& path) {
    const struct stat info = sys::stat_of(fd);
    wire::TarEntry entry = describe(info, path, wire::TarEntry::Type::kFile);
    entry.size = static_cast<std::uint64_t>(info.st_size);
    sink_(wire::print_tar_header(entry));
    std::string piece(kPiece, '\0');
    for (std::uint64_t left = entry.size; left > 0;) {
      const auto want = static_cast<size_t>(std::min<std::uint64_t>(left, piece.size()));
      size_t got = sys::read_some(fd, piece.data(), want);
      if (got == 0) {
        piece.assign(piece.size(), '\0');
        got = want;
      }
      sink_(std::string_view(piece).substr(0, got));
      left -= got;
    }
    sink_(std::string(wire::tar_padding(entry.size), '\0'));
  }

  const ArchiveRoot& from_;
  const ArchiveSink& sink_;
  std::uint64_t left_out_ = 0;
};

void refuse_kernels_own(const sys::Fd& dir, const std::string& path) {
  if (!is_kernels_own(dir)) return;
  throw Error(ErrorKind::kInvalid, quote(path) + " is made up by the kernel when it is read, and not copied")
      .with_hint("read it inside, as with: minibox exec CONTAINER cat " + path);
}

}  // namespace

std::uint64_t pack_archive(const ArchiveRoot& from, const std::string& path, const ArchiveSink& sink) {
  Packer packer(from, sink);
  const std::string relative = sys::relative_path(path);
  const bool content = path.ends_with("/.") || relative.empty() || relative == ".." || relative.ends_with("/..");
  if (content) {  // "dir/.": not the directory, what is in it
    const sys::Fd dir = from.root.open_beneath(path, O_RDONLY | O_DIRECTORY);
    refuse_kernels_own(dir, path);
    packer.directory(dir, ".", 0);
  } else {
    const sys::RootDir::Parent parent = from.root.open_parent(path);
    const auto info = sys::try_stat_entry(parent.dir, parent.name);
    if (!info) throw Error(ErrorKind::kNotFound, "no " + quote(path) + " in the container");
    if (!S_ISREG(info->st_mode) && !S_ISDIR(info->st_mode) && !S_ISLNK(info->st_mode))
      throw Error(ErrorKind::kInvalid, quote(path) + " is neither file, directory nor symlink");
    if (S_ISDIR(info->st_mode)) {
      refuse_kernels_own(sys::open_dir_entry(parent.dir, parent.name), path);
    } else {
      refuse_kernels_own(parent.dir, path);
    }
    packer.entry(parent.dir, parent.name, parent.name, 0);
  }
  sink(wire::tar_end());
  return packer.left_out();
}

}  // namespace minibox::engine
