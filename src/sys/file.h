// Files and directories of ours, by path or relative to a directory descriptor. Everything is opened O_CLOEXEC and
// EINTR is retried. For paths under an image's root use sys/root_dir.h instead: these functions follow symlinks.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

// All throw Error::from_errno with the call and the path.
Fd open_file(const std::string& path, int flags, mode_t mode = 0600);
Fd open_file_at(const Fd& dir, const std::string& name, int flags, mode_t mode = 0600);
Fd open_dir(const std::string& path);                            // O_PATH is not set: the directory can be read
std::optional<Fd> try_open(const std::string& path, int flags);  // absence (ENOENT) is empty, other errors throw

// Reads to the end; more than `limit` bytes is Error kExhausted.
std::string read_all(const Fd& fd, size_t limit, const std::string& what);
std::string read_file(const std::string& path, size_t limit = 64u << 20);
std::optional<std::string> try_read_file(const std::string& path, size_t limit = 64u << 20);  // ENOENT is empty

size_t read_some(const Fd& fd, void* buffer, size_t size);                           // 0 at end of file; retries EINTR
size_t read_some_at(const Fd& fd, void* buffer, size_t size, std::uint64_t offset);  // leaves the file's position alone
bool read_all_at(const Fd& fd, char* buffer, size_t size, std::uint64_t offset);     // false: the file ends before
void write_all(const Fd& fd, std::string_view bytes, const std::string& what);

enum class Durability { kNone, kSynced };  // kSynced: fdatasync of the file and fsync of its directory
// Creates or truncates in place; not atomic.
void write_file(const std::string& path, std::string_view bytes, mode_t mode = 0600);
// Whether a file that is only there while somebody makes something is of somebody who died over it: it is an hour old.
bool is_abandoned(const std::string& path);
// Whether replace_file() gives this name to what is not whole yet.
bool is_unfinished_name(std::string_view name);

// Writes "<path>.tmp.<n>" and renames it over `path`: readers see the old or the new content, never a part.
void replace_file(const std::string& path, std::string_view bytes, mode_t mode = 0600,
                  Durability durability = Durability::kNone);

bool exists(const std::string& path);  // lstat; errors other than ENOENT and ENOTDIR throw
std::optional<struct stat> try_lstat(const std::string& path);
// When it was made, since 1970 UTC; nothing where the file system does not know, or when it is not there.
std::optional<std::int64_t> try_birth_time_ns(const std::string& path);
void make_dir(const std::string& path, mode_t mode = 0700);   // throws when it exists
void make_dirs(const std::string& path, mode_t mode = 0700);  // like mkdir -p
std::vector<std::string> list_dir(const std::string& path);   // names, sorted, without . and ..
void rename_path(const std::string& from, const std::string& to);
// The same for what is to be removed: its modification time then tells since when it has been lying there.
void set_aside(const std::string& from, const std::string& to);
bool remove_file(const std::string& path);  // false when it did not exist
// Removes a whole tree without following symlinks or leaving the file system it started on; absence is fine. Deletion
// safety (what may be removed at all) is decided by the caller.
void remove_tree(const std::string& path);
void sync_dir(const std::string& path);
std::uint64_t file_size(const Fd& fd);
bool is_directory(const Fd& fd);
std::string parent_path(const std::string& path);  // "/a/b" -> "/a", "/a" -> "/", "a" -> "."

// A directory made with mkdtemp under `parent`, removed with its content by the destructor.
class TempDir {
 public:
  explicit TempDir(const std::string& parent, const std::string& prefix = "tmp.");
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();
  const std::string& path() const { return path_; }
  std::string release();  // the caller owns the directory now

 private:
  std::string path_;
};

}  // namespace minibox::sys
