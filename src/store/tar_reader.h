// Reads a tar stream (ustar, pax, GNU) through libarchive. The archive is hostile: what libarchive does not understand,
// a warning too, is kCorrupt. One thread; a TarLocale must live meanwhile.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/byte_source.h"
#include "store/tar_writer.h"

struct archive;

namespace minibox::store {

// Calls back with pieces of a file's content: offset and bytes. Gaps are holes.
using PieceSink = std::function<void(std::int64_t offset, std::string_view bytes)>;

struct TarMember {
  TarEntry entry;
  std::int64_t mtime_ns = 0;  // beside the entry's seconds
};

class TarReader {
 public:
  explicit TarReader(ChunkSource source);
  ~TarReader();

  std::optional<TarMember> next();  // empty at the end of the archive
  // Of the member that next() gave last, once.
  void read_content(const PieceSink& sink);
  // Where in the archive what comes next begins; in a PieceSink, the piece.
  std::uint64_t position() const;

 private:
  static ssize_t pull(archive* reader, void* self, const void** bytes);
  void check(int result);

  ChunkSource source_;
  bool in_entry_ = false;           // its headers have been read
  std::uint64_t header_bytes_ = 0;  // taken since next() began
  std::exception_ptr failure_;      // thrown by the source under libarchive, which is C
  struct ArchiveDeleter {
    void operator()(archive* reader) const;
  };
  std::unique_ptr<archive, ArchiveDeleter> archive_;
};

}  // namespace minibox::store
