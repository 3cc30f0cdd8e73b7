#include "cli/local_archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/error.h"
#include "base/text.h"
#include "cli/local_file.h"

namespace minibox::cli {
namespace {

constexpr size_t kPiece = 64 * 1024;

// "/a/b/" -> {"/a", "b"}, "b" -> {".", "b"}; the root directory has no name.
std::pair<std::string, std::string> split_path(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {path.empty() ? "/" : ".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

class Packer {
 public:
  explicit Packer(const ArchiveSink& sink) : sink_(sink) {}

  std::uint64_t left_out() const { return left_out_; }
  bool has_packed() const { return packed_; }

  void directory(const LocalFile& dir, const std::string& path) {
    struct stat info{};
    if (::fstat(dir.fd(), &info) != 0) throw Error::from_errno("fstat(" + quote(path) + ")", errno);
    head(describe(info, path, wire::TarEntry::Type::kDirectory));
    for (const std::string& name : list_local(dir)) entry(dir, name, path == "." ? name : path + "/" + name);
  }

  void entry(const LocalFile& dir, const std::string& name, const std::string& path) {
    const auto info = stat_local(dir, name);
    if (!info) throw Error(ErrorKind::kNotFound, "no such file: " + quote(path));
    if (S_ISDIR(info->st_mode)) return directory(open_local(dir, name, O_RDONLY | O_DIRECTORY), path);
    if (S_ISREG(info->st_mode)) return file(open_local(dir, name, O_RDONLY | O_NONBLOCK), *info, path);
    if (!S_ISLNK(info->st_mode)) {
      ++left_out_;
      return;
    }
    wire::TarEntry entry = describe(*info, path, wire::TarEntry::Type::kSymlink);
    char target[PATH_MAX];
    const ssize_t length = ::readlinkat(dir.fd(), name.c_str(), target, sizeof target);
    if (length < 0) throw Error::from_errno("readlink(" + quote(path) + ")", errno);
    entry.link_target.assign(target, static_cast<size_t>(length));
    head(entry);
  }

 private:
  static wire::TarEntry describe(const struct stat& info, const std::string& path, wire::TarEntry::Type type) {
    wire::TarEntry entry;
    entry.type = type;
    entry.path = path;
    entry.mode = info.st_mode & 0777;
    entry.mtime = info.st_mtim.tv_sec;
    return entry;
  }

  void head(const wire::TarEntry& entry) {
    packed_ = true;
    sink_(wire::print_tar_header(entry));
  }

  void file(const LocalFile& file, const struct stat& info, const std::string& path) {
    wire::TarEntry entry = describe(info, path, wire::TarEntry::Type::kFile);
    entry.size = static_cast<std::uint64_t>(info.st_size);
    head(entry);
    std::string piece(kPiece, '\0');
    for (std::uint64_t left = entry.size; left > 0;) {
      const size_t got = file.read(piece.data(), static_cast<size_t>(std::min<std::uint64_t>(left, kPiece)));
      if (got == 0) throw Error(ErrorKind::kConflict, quote(path) + " became shorter while it was read");
      sink_(std::string_view(piece).substr(0, got));
      left -= got;
    }
    sink_(std::string(wire::tar_padding(entry.size), '\0'));
  }

  const ArchiveSink& sink_;
  std::uint64_t left_out_ = 0;  // devices, FIFOs and sockets
  bool packed_ = false;         // anything
};

class Unpacker {
 public:
  Unpacker(LocalFile directory, std::string rename) : directory_(std::move(directory)), rename_(std::move(rename)) {}

  void entry(const wire::TarEntry& entry, wire::TarReader& content) {
    std::vector<std::string> parts = split(place_of(entry.path), '/');
    if (parts.back() == ".") return;  // the destination itself
    const std::string name = parts.back();
    parts.pop_back();
    const LocalFile parent = walk(parts);
    switch (entry.type) {
      case wire::TarEntry::Type::kDirectory:
        return directory(parent, name, entry);
      case wire::TarEntry::Type::kFile:
        return file(parent, name, entry, content);
      case wire::TarEntry::Type::kSymlink:
        clear(parent, name);
        if (::symlinkat(entry.link_target.c_str(), parent.fd(), name.c_str()) != 0)
          throw Error::from_errno("symlink(" + quote(entry.path) + ")", errno);
        return;
      case wire::TarEntry::Type::kHardLink:
        throw Error(ErrorKind::kInvalid, "archive: " + quote(entry.path) + " is a hard link");
    }
  }

 private:
  std::string place_of(const std::string& path) {
    if (rename_.empty()) return path;
    const size_t slash = path.find('/');
    const std::string first = path.substr(0, slash);
    if (first_.empty()) first_ = first;
    if (first_ == ".") return path == "." ? rename_ : rename_ + "/" + path;
    if (first != first_) throw Error(ErrorKind::kInvalid, "archive: more than one file, and no directory for them");
    return rename_ + (slash == std::string::npos ? "" : path.substr(slash));
  }

  // Part by part without following symlinks: one that the archive itself has planted leads nowhere.
  LocalFile walk(const std::vector<std::string>& parts) const {
    LocalFile dir = open_local(directory_, ".", O_RDONLY | O_DIRECTORY);
    for (const std::string& part : parts) dir = open_local(dir, part, O_RDONLY | O_DIRECTORY);
    return dir;
  }

  // Whoever copies to /dev/null does not want another file in its place.
  static void clear(const LocalFile& parent, const std::string& name) {
    const auto info = stat_local(parent, name);
    if (!info) return;
    if (S_ISDIR(info->st_mode)) throw Error(ErrorKind::kConflict, quote(name) + " is a directory");
    if (!S_ISREG(info->st_mode) && !S_ISLNK(info->st_mode)) {
      throw Error(ErrorKind::kConflict, quote(name) + " is a device, pipe or socket, whose place a copy would take")
          .with_hint("'-' instead of the path writes a tar archive to stdout");
    }
    if (::unlinkat(parent.fd(), name.c_str(), 0) != 0) throw Error::from_errno("unlink(" + quote(name) + ")", errno);
  }

  static void directory(const LocalFile& parent, const std::string& name, const wire::TarEntry& entry) {
    const auto info = stat_local(parent, name);
    if (info && S_ISDIR(info->st_mode)) return;
    if (info) clear(parent, name);
    // Its owner must be able to put files into it.
    if (::mkdirat(parent.fd(), name.c_str(), (entry.mode & 0777) | S_IRWXU) != 0)
      throw Error::from_errno("mkdir(" + quote(entry.path) + ")", errno);
  }

  static void file(const LocalFile& parent, const std::string& name, const wire::TarEntry& entry,
                   wire::TarReader& content) {
    clear(parent, name);
    const LocalFile file = open_local(parent, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    std::string piece(kPiece, '\0');
    while (const size_t got = content.read(piece.data(), piece.size())) {
      file.write(std::string_view(piece).substr(0, got));
    }
    // Set-id bits of a container's files mean nothing here.
    if (::fchmod(file.fd(), entry.mode & 0777) != 0) throw Error::from_errno("fchmod(" + quote(name) + ")", errno);
    const timespec time{.tv_sec = entry.mtime, .tv_nsec = 0};
    const timespec times[2] = {time, time};
    if (::futimens(file.fd(), times) != 0) throw Error::from_errno("futimens(" + quote(name) + ")", errno);
  }

  LocalFile directory_;
  std::string rename_;
  std::string first_;
};

bool is_directory(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

std::uint64_t pack_local(const std::string& path, const ArchiveSink& sink) {
  Packer packer(sink);
  const auto [parent, name] = split_path(path);
  const bool content = name.empty() || name == "." || name == "..";
  if (content) {
    packer.directory(open_local_dir(path), ".");
  } else {
    packer.entry(open_local_dir(parent), name, name);
    if (packer.left_out() > 0 && !packer.has_packed()) {
      throw Error(ErrorKind::kInvalid, quote(path) + " is neither file, directory nor symlink");
    }
  }
  sink(wire::tar_end());
  return packer.left_out();
}

void unpack_local(const std::string& path, wire::TarReader::Source source) {
  const auto [parent, name] = split_path(path);
  const bool into = is_directory(path);
  if (!into && path.ends_with("/")) throw Error(ErrorKind::kNotFound, "no directory " + quote(path));
  Unpacker unpacker(open_local_dir(into ? path : parent), into ? "" : name);
  wire::TarReader reader(std::move(source));
  wire::TarEntry entry;
  while (reader.next(entry)) unpacker.entry(entry, reader);
}

}  // namespace minibox::cli
