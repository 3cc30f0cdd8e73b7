// The shim's end of a container's log: plain bytes, an index beside them (runtime/log_index.h), rotation. Never throws
// once it is open: a full disk does not stop the container; the log says what it lacks as soon as there is room.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/log_index.h"
#include "sys/fd.h"

namespace minibox::runtime::shim {

class LogWriter {
 public:
  // Opens the files in `directory`; appends to what a former life has left. Error: open(2).
  explicit LogWriter(const sys::Fd& directory);

  // Bytes that log, index and their former generation may take together.
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  void write(wire::Stream stream, std::string_view bytes) noexcept;

 private:
  struct Files {
    sys::Fd log;
    sys::Fd index;
    std::uint64_t log_size = 0;
    std::uint64_t index_size = 0;
  };
  static Files open_files(const sys::Fd& directory, const char* log_name, const char* index_name, int flags);
  void append(wire::Stream stream, std::string_view bytes);
  void mark(wire::Stream stream, std::string_view bytes);
  std::uint64_t size() const { return files_.log_size + files_.index_size; }
  void try_rotate();
  void rotate();

  sys::Fd directory_;
  Files files_;
  std::uint64_t limit_ = kDefaultLogLimit;
  std::uint64_t rotate_at_ = 0;                      // the size at which to try again
  wire::Stream last_stream_ = wire::Stream::kStdin;  // none yet
  bool at_line_start_ = true;
  bool cut_ = false;
};

}  // namespace minibox::runtime::shim
