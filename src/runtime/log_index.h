// The index beside a container's log: which stream a stretch of the log came from, and when it was read. The log itself
// stays plain bytes that cat and tail understand; who wants times or streams apart reads both.
//
// An index is a row of 16-byte marks in host byte order. The first is its head: `offset` is the inode number of the log
// it belongs to (log and index are rotated one after the other, and a reader must not mix two generations). Each
// further mark says: from `offset` on, until the next mark. A mark is written before its bytes; of several marks at one
// offset the last counts (the bytes of the others did not find room on the disk).
//
// At half the allowed size, log and index become "container.log.1" and "container.log.idx.1" in place of older ones.
#pragma once

#include <cstdint>

#include "wire/stream_frame.h"

namespace minibox::runtime {

struct LogMark {
  std::uint64_t offset = 0;
  std::uint64_t time_and_stream = 0;  // nanoseconds since 1970 (UTC) times two, plus one for stderr

  static LogMark make(std::uint64_t offset, std::int64_t time_ns, wire::Stream stream) {
    return {offset, static_cast<std::uint64_t>(time_ns) << 1 | (stream == wire::Stream::kStderr ? 1U : 0U)};
  }
  std::int64_t time_ns() const { return static_cast<std::int64_t>(time_and_stream >> 1); }
  wire::Stream stream() const { return (time_and_stream & 1) != 0 ? wire::Stream::kStderr : wire::Stream::kStdout; }
};
static_assert(sizeof(LogMark) == 16);

inline constexpr std::uint64_t kDefaultLogLimit = 100ULL << 20;  // bytes of all the files of a container's log together

}  // namespace minibox::runtime
