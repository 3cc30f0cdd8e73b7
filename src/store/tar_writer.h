// Writes a tar stream (pax where a field needs it) through libarchive. The same entries give the same bytes. One
// thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct archive;

namespace minibox::store {

struct TarEntry {
  std::string path;  // relative
  mode_t mode = 0;   // with the file type
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;   // seconds
  std::uint64_t size = 0;   // regular files
  std::string link_target;  // symlink, or with `hard_link` the path of an earlier entry
  bool hard_link = false;
  dev_t device = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;
};

class TarWriter {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit TarWriter(Sink sink);
  ~TarWriter();

  void add(const TarEntry& entry);  // a regular file's content follows, exactly `size` bytes
  void write(std::string_view bytes);
  void add_file(TarEntry entry, std::string_view content);
  void finish();  // once: the end-of-archive blocks

 private:
  static ssize_t pass_on(archive*, void* self, const void* bytes, size_t size);
  void check(int result, const std::string& what);

  Sink sink_;
  bool given_up_ = false;
  std::exception_ptr failure_;  // thrown by the sink under libarchive, which is C
  struct ArchiveDeleter {
    void operator()(archive* writer) const;
  };
  std::unique_ptr<archive, ArchiveDeleter> archive_;
};

}  // namespace minibox::store
