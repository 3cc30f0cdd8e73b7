#include "runtime/shim/log_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::runtime::shim {
namespace {

constexpr char kNextLog[] = "container.log.next";
constexpr char kNextIndex[] = "container.log.idx.next";
constexpr char kLinked[] = "container.log.linked";
constexpr std::string_view kMissing = "\n[minibox: output is missing here: the disk was full]\n";

std::string_view bytes_of(const LogMark& mark) {
  return {reinterpret_cast<const char*>(&mark), sizeof mark};
}

// What is called `name` gets the name `old` too, then `next` takes its place: the name is never without a file, and
// never with a new one whose predecessor is not yet `old`. Somebody may have removed it.
void replace_in(const sys::Fd& directory, const char* next, const char* name, const char* old) {
  const auto fail = [&](const char* call) { throw Error::from_errno(std::string(call) + "('" + name + "')", errno); };
  const int dir = directory.get();
  ::unlinkat(dir, kLinked, 0);  // of a shim that died right here
  if (::linkat(dir, name, dir, kLinked, 0) == 0) {
    if (::renameat(dir, kLinked, dir, old) != 0) fail("rename");
  } else if (errno != ENOENT) {
    fail("link");
  }
  if (::renameat(dir, next, dir, name) != 0) fail("rename");
}

}  // namespace

LogWriter::LogWriter(const sys::Fd& directory)
    : directory_(directory.duplicate()), files_(open_files(directory, kLogFile, kLogIndexFile, 0)) {}

// A former life may have died in the middle of a mark, or between two renames: an index that does not fit begins anew.
LogWriter::Files LogWriter::open_files(const sys::Fd& directory, const char* log_name, const char* index_name,
                                       int flags) {
  Files files;
  files.log = sys::open_file_at(directory, log_name, O_WRONLY | O_CREAT | O_APPEND | flags);
  files.index = sys::open_file_at(directory, index_name, O_RDWR | O_CREAT | O_APPEND | flags);
  struct stat log_status{};
  if (::fstat(files.log.get(), &log_status) != 0) throw Error::from_errno("fstat(log)", errno);
  files.log_size = static_cast<std::uint64_t>(log_status.st_size);
  LogMark head;
  const bool fits =
      ::pread(files.index.get(), &head, sizeof head, 0) == sizeof head && head.offset == log_status.st_ino;
  files.index_size = fits ? sys::file_size(files.index) / sizeof(LogMark) * sizeof(LogMark) : 0;
  if (::ftruncate(files.index.get(), static_cast<off_t>(files.index_size)) != 0)
    throw Error::from_errno("ftruncate(log index)", errno);
  if (!fits) {
    sys::write_all(files.index, bytes_of({log_status.st_ino, 0}), kLogIndexFile);
    files.index_size = sizeof head;
  }
  return files;
}

void LogWriter::write(wire::Stream stream, std::string_view bytes) noexcept {
  try {
    if (size() >= std::min(std::max(limit_ / 2, rotate_at_), limit_)) try_rotate();
    if (cut_) append(wire::Stream::kStderr, kMissing);
    cut_ = false;
    append(stream, bytes);
  } catch (const std::exception&) {
    cut_ = true;
  }
}

// Where there is no room for new files, the former generation gives way; where that does not help either, the log grows
// on up to the limit. Asked again only after some more output.
void LogWriter::try_rotate() {
  constexpr std::uint64_t kAgainAfter = 64 * 1024;
  try {
    rotate();
    return;
  } catch (const Error&) {
  }
  for (const char* name : {kOldLogFile, kOldLogIndexFile}) ::unlinkat(directory_.get(), name, 0);
  try {
    rotate();
  } catch (const Error&) {
    if (size() >= limit_) throw;
    rotate_at_ = size() + kAgainAfter;
  }
}

void LogWriter::append(wire::Stream stream, std::string_view bytes) {
  mark(stream, bytes);
  try {
    sys::write_all(files_.log, bytes, kLogFile);
  } catch (const Error&) {
    files_.log_size = sys::file_size(files_.log);  // some of it may have found room
    throw;
  }
  files_.log_size += bytes.size();
  at_line_start_ = bytes.back() == '\n';
  last_stream_ = stream;
}

// The rest of a line needs no mark of its own.
void LogWriter::mark(wire::Stream stream, std::string_view bytes) {
  const bool goes_on = !at_line_start_ && stream == last_stream_ && bytes.find('\n') >= bytes.size() - 1;
  if (goes_on) return;
  if (!files_.index) return;
  const LogMark mark = LogMark::make(files_.log_size, realtime_ns(), stream);
  if (::write(files_.index.get(), &mark, sizeof mark) == sizeof mark) {
    files_.index_size += sizeof mark;
    return;
  }
  const int error = errno;
  // Half a mark would shift all later ones.
  if (::ftruncate(files_.index.get(), static_cast<off_t>(files_.index_size)) != 0) files_.index.reset();
  throw Error::from_errno("write(log index)", error);
}

// The new files exist before the old ones get their new names. The log's name changes last: a reader that sees a new
// log knows that nothing more comes into the old one.
void LogWriter::rotate() {
  Files next = open_files(directory_, kNextLog, kNextIndex, O_TRUNC);
  replace_in(directory_, kNextIndex, kLogIndexFile, kOldLogIndexFile);
  replace_in(directory_, kNextLog, kLogFile, kOldLogFile);
  files_ = std::move(next);
  last_stream_ = wire::Stream::kStdin;
  rotate_at_ = 0;
}

}  // namespace minibox::runtime::shim
