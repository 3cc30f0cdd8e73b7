#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace minibox::sys {
namespace {

constexpr std::string_view kUnfinished = ".tmp.";

std::string call(const char* name, const std::string& path) {
  return std::string(name) + "('" + path + "')";
}

int open_retrying(int dir, const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::openat(dir, path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using DirStream = std::unique_ptr<DIR, DirCloser>;

DirStream open_stream(Fd fd) {
  DIR* dir = ::fdopendir(fd.get());
  if (dir == nullptr) throw Error::from_errno("fdopendir()", errno);
  fd.release();
  return DirStream(dir);
}

bool is_dot(const char* name) {
  return std::string_view(name) == "." || std::string_view(name) == "..";
}

// Removes what lies in a directory, however deep: a container can make a tree of any depth, and neither our stack nor
// our descriptors may depend on it. What lies too deep is moved up beside the first level and met again from there. By
// descriptor all along: a racing rename leads nowhere else.
class TreeRemover {
 public:
  explicit TreeRemover(Fd top) : top_(std::move(top)) {
    struct stat info{};
    if (::fstat(top_.get(), &info) != 0) throw Error::from_errno("fstat()", errno);
    device_ = info.st_dev;
  }

  void run() {
    do {
      moved_ = false;
      remove_children(top_.duplicate(), 0);
    } while (moved_);
  }

 private:
  static constexpr int kMaxDepth = 64;

  void remove_children(Fd dir, int depth) {
    // A duplicate shares the position: begin at the beginning.
    DirStream stream = open_stream(std::move(dir));
    ::rewinddir(stream.get());
    while (const dirent* entry = ::readdir(stream.get())) {
      if (!is_dot(entry->d_name)) remove_entry(::dirfd(stream.get()), entry->d_name, depth);
    }
  }

  void remove_entry(int parent, const char* name, int depth) {
    if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return;
    if (errno != EISDIR && errno != EPERM) throw Error::from_errno(call("unlinkat", name), errno);
    if (::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return;
    if (errno != ENOTEMPTY && errno != EEXIST) throw Error::from_errno(call("rmdir", name), errno);
    if (depth == kMaxDepth) {
      move_up(parent, name);
      return;
    }
    Fd child = open_same_device(parent, name);
    if (!child) return;
    remove_children(std::move(child), depth + 1);
    if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
      throw Error::from_errno(call("rmdir", name), errno);
    }
  }

  // Empty when somebody else has removed it.
  Fd open_same_device(int parent, const char* name) const {
    Fd fd(open_retrying(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
    if (!fd && errno == ENOENT) return {};
    if (!fd) throw Error::from_errno(call("openat", name), errno);
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) throw Error::from_errno(call("fstat", name), errno);
    if (info.st_dev == device_) return fd;
    throw Error(ErrorKind::kConflict,
                std::string("refusing to remove '") + name + "': another file system is mounted there");
  }

  void move_up(int parent, const char* name) {
    for (;;) {
      const std::string aside = "deep-" + std::to_string(counter_++);
      if (::renameat2(parent, name, top_.get(), aside.c_str(), RENAME_NOREPLACE) == 0) break;
      if (errno != EEXIST) throw Error::from_errno(call("renameat2", name), errno);
    }
    moved_ = true;
  }

  Fd top_;
  dev_t device_ = 0;
  unsigned counter_ = 0;
  bool moved_ = false;
};

}  // namespace

Fd open_file(const std::string& path, int flags, mode_t mode) {
  Fd fd(open_retrying(AT_FDCWD, path, flags, mode));
  if (!fd) throw Error::from_errno(call("open", path), errno);
  return fd;
}

Fd open_file_at(const Fd& dir, const std::string& name, int flags, mode_t mode) {
  Fd fd(open_retrying(dir.get(), name, flags, mode));
  if (!fd) throw Error::from_errno(call("openat", name), errno);
  return fd;
}

Fd open_dir(const std::string& path) {
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

std::optional<Fd> try_open(const std::string& path, int flags) {
  Fd fd(open_retrying(AT_FDCWD, path, flags, 0));
  if (fd) return fd;
  if (errno == ENOENT) return std::nullopt;
  throw Error::from_errno(call("open", path), errno);
}

size_t read_some(const Fd& fd, void* buffer, size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(fd.get(), buffer, size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw Error::from_errno("read()", errno);
  return static_cast<size_t>(got);
}

size_t read_some_at(const Fd& fd, void* buffer, size_t size, std::uint64_t offset) {
  ssize_t got = 0;
  do {
    got = ::pread(fd.get(), buffer, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw Error::from_errno("pread()", errno);
  return static_cast<size_t>(got);
}

bool read_all_at(const Fd& fd, char* buffer, size_t size, std::uint64_t offset) {
  for (size_t done = 0; done < size;) {
    const size_t got = read_some_at(fd, buffer + done, size - done, offset + done);
    if (got == 0) return false;
    done += got;
  }
  return true;
}

std::string read_all(const Fd& fd, size_t limit, const std::string& what) {
  std::string bytes;
  char buffer[16384];
  while (const size_t got = read_some(fd, buffer, sizeof buffer)) {
    if (bytes.size() + got > limit) {
      throw Error(ErrorKind::kExhausted, "'" + what + "' is larger than " + std::to_string(limit) + " bytes");
    }
    bytes.append(buffer, got);
  }
  return bytes;
}

std::string read_file(const std::string& path, size_t limit) {
  return read_all(open_file(path, O_RDONLY), limit, path);
}

std::optional<std::string> try_read_file(const std::string& path, size_t limit) {
  const std::optional<Fd> fd = try_open(path, O_RDONLY);
  if (!fd) return std::nullopt;
  return read_all(*fd, limit, path);
}

void write_all(const Fd& fd, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw Error::from_errno(call("write", what), errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  Fd fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  write_all(fd, bytes, path);
  fd.close();
}

bool is_abandoned(const std::string& path) {
  constexpr std::int64_t kAge = 3600;  // seconds; whoever lives is done with it long before
  const auto info = try_lstat(path);
  return info && info->st_mtim.tv_sec + kAge < realtime_ns() / 1'000'000'000;
}

bool is_unfinished_name(std::string_view name) {
  return name.find(kUnfinished) != std::string_view::npos;
}

void replace_file(const std::string& path, std::string_view bytes, mode_t mode, Durability durability) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary =
      path + std::string(kUnfinished) + std::to_string(::getpid()) + "." + std::to_string(counter++);
  try {
    Fd fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
    write_all(fd, bytes, temporary);
    if (durability == Durability::kSynced && ::fdatasync(fd.get()) != 0) {
      throw Error::from_errno(call("fdatasync", temporary), errno);
    }
    fd.close();
    rename_path(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (durability == Durability::kSynced) sync_dir(parent_path(path));
}

std::optional<struct stat> try_lstat(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0) return info;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw Error::from_errno(call("lstat", path), errno);
}

bool exists(const std::string& path) {
  return try_lstat(path).has_value();
}

std::optional<std::int64_t> try_birth_time_ns(const std::string& path) {
  struct statx info{};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME, &info) != 0) return std::nullopt;
  if ((info.stx_mask & STATX_BTIME) == 0) return std::nullopt;
  return info.stx_btime.tv_sec * 1'000'000'000 + info.stx_btime.tv_nsec;
}

void make_dir(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) throw Error::from_errno(call("mkdir", path), errno);
}

void make_dirs(const std::string& path, mode_t mode) {
  if (path.empty() || ::mkdir(path.c_str(), mode) == 0) return;
  if (errno == EEXIST) return;
  if (errno != ENOENT) throw Error::from_errno(call("mkdir", path), errno);
  make_dirs(parent_path(path), mode);
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) throw Error::from_errno(call("mkdir", path), errno);
}

std::vector<std::string> list_dir(const std::string& path) {
  DirStream stream = open_stream(open_dir(path));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (!is_dot(entry->d_name)) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void rename_path(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw Error::from_errno("rename('" + from + "', '" + to + "')", errno);
}

void set_aside(const std::string& from, const std::string& to) {
  if (::utimensat(AT_FDCWD, from.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0) {
    throw Error::from_errno(call("utimensat", from), errno);
  }
  rename_path(from, to);
}

bool remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw Error::from_errno(call("unlink", path), errno);
}

void remove_tree(const std::string& path) {
  const std::optional<struct stat> info = try_lstat(path);
  if (!info) return;
  with_context("remove '" + path + "'", [&] {
    if (S_ISDIR(info->st_mode)) {
      TreeRemover(open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)).run();
      if (::rmdir(path.c_str()) != 0 && errno != ENOENT) throw Error::from_errno(call("rmdir", path), errno);
    } else {
      remove_file(path);
    }
  });
}

void sync_dir(const std::string& path) {
  const Fd dir = open_dir(path);
  if (::fsync(dir.get()) != 0) throw Error::from_errno(call("fsync", path), errno);
}

bool is_directory(const Fd& fd) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) throw Error::from_errno("fstat()", errno);
  return S_ISDIR(info.st_mode);
}

std::string parent_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::uint64_t file_size(const Fd& fd) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) throw Error::from_errno("fstat()", errno);
  return static_cast<std::uint64_t>(info.st_size);
}

TempDir::TempDir(const std::string& parent, const std::string& prefix) : path_(parent + "/" + prefix + "XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw Error::from_errno(call("mkdtemp", path_), errno);
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir::~TempDir() {
  if (path_.empty()) return;
  try {
    remove_tree(path_);
  } catch (const Error&) {
    // A destructor has nobody to tell; reconcile and prune look for leftovers in tmp/.
  }
}

std::string TempDir::release() {
  return std::exchange(path_, {});
}

}  // namespace minibox::sys
