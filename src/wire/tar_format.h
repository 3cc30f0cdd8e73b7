// A small tar of our own for copies between containers and clients, who may not link the library that layers are read
// with: ustar headers (POSIX.1), with pax records where a field does not fit. Only regular files, directories, symlinks
// and hard links: nothing else is copied. Pure, and nothing that is read is trusted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace minibox::wire {

inline constexpr size_t kTarBlock = 512;

struct TarEntry {
  enum class Type { kFile, kDirectory, kSymlink, kHardLink };
  Type type = Type::kFile;
  std::string path;         // relative, "/" between its parts; "." is the copied directory itself
  std::string link_target;  // of symlinks and hard links; of the latter a path of the archive
  unsigned mode = 0;        // permission bits
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;  // seconds
  std::uint64_t size = 0;  // of regular files
};

// The blocks before the content, which the caller writes next, followed by tar_padding() zeros.
std::string print_tar_header(const TarEntry& entry);
size_t tar_padding(std::uint64_t size);
std::string tar_end();  // the two empty blocks

// Reads an archive piece by piece: next(), then read() until it gives nothing, then next() again.
class TarReader {
 public:
  // Fills `buffer` as far as it can; 0 at the end. May throw.
  using Source = std::function<size_t(char* buffer, size_t size)>;
  explicit TarReader(Source source) : source_(std::move(source)) {}

  // False at the end of the archive. What was not read of the last entry is skipped. Error kInvalid: no such archive,
  // an entry of another type, a path that is absolute or has "..".
  bool next(TarEntry& entry);
  size_t read(char* buffer, size_t size);  // of the entry's content; 0 at its end

 private:
  bool read_block(char* block);  // false at the end of the source
  void skip_content();
  std::string read_records(std::uint64_t size);

  Source source_;
  std::uint64_t left_ = 0;     // of the content
  std::uint64_t padding_ = 0;  // behind it
};

}  // namespace minibox::wire
