// Reads a container's log while the shim goes on writing and rotating it: the former generation, then the current one,
// then whatever takes its place. The index beside the log (runtime/log_index.h) gives streams and times; where it is
// missing or damaged the bytes still come, as stdout of no known time. Not thread-safe. Error: what open(2) and read(2)
// say.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/log_index.h"
#include "sys/fd.h"

namespace minibox::engine {

struct LogPiece {
  wire::Stream stream = wire::Stream::kStdout;
  std::int64_t time_ns = 0;  // since 1970 UTC, when the shim read it; 0: not known
  std::string_view bytes;    // valid until the next call
};

// One file of the log with its index.
class LogGeneration {
 public:
  // Nothing when there is no such file.
  static std::optional<LogGeneration> open(const std::string& directory, const char* log_name);

  std::uint64_t inode() const { return inode_; }
  std::uint64_t size() const;
  // Bytes from `offset` on that share stream and time; empty at the end. Offsets of successive calls must not fall.
  LogPiece read(std::uint64_t offset);
  // Where the first line begins that was written at `time_ns` or later; the size when there is none. Takes the clock
  // for one that never went back.
  std::uint64_t find_time(std::int64_t time_ns);
  // The offset behind the `count`-th newline before `end`; when there are fewer: nothing, and `count` less by those.
  std::optional<std::uint64_t> behind_newline(std::uint64_t& count, std::uint64_t end) const;

 private:
  LogGeneration() = default;
  std::optional<runtime::LogMark> mark(std::uint64_t number);
  std::string_view bytes_at(std::uint64_t offset);
  void advance_marks(std::uint64_t offset);
  std::uint64_t next_line(std::uint64_t offset) const;

  sys::Fd log_;
  sys::Fd index_;  // invalid when there is none that fits
  std::uint64_t inode_ = 0;
  std::uint64_t next_mark_ = 1;  // number 0 is the head
  std::optional<runtime::LogMark> here_;
  // What was read ahead: bytes from buffer_begin_ on, marks from marks_begin_ on.
  std::vector<char> buffer_;
  std::uint64_t buffer_begin_ = 0;
  std::vector<runtime::LogMark> marks_;
  std::uint64_t marks_begin_ = 0;
};

class LogReader {
 public:
  explicit LogReader(std::string directory);  // at the beginning of what there is

  // Both only move forward: the later of the two wins. Before the first next().
  void skip_to_last_lines(std::uint64_t count);
  void skip_to_time(std::int64_t time_ns);
  LogPiece next();  // no bytes: that is all for now

 private:
  struct Position {
    size_t generation = 0;
    std::uint64_t offset = 0;
    auto operator<=>(const Position&) const = default;
  };
  void add_successors();
  bool is_known(std::uint64_t inode) const;
  bool ends_with_newline() const;

  std::string directory_;
  std::deque<LogGeneration> generations_;
  Position position_;
};

}  // namespace minibox::engine
