#include "engine/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

using runtime::LogMark;

constexpr size_t kBlock = 64 * 1024;
constexpr size_t kMarkBlock = 256;

size_t read_at(const sys::Fd& fd, void* buffer, size_t size, std::uint64_t offset) {
  ssize_t got = 0;
  do {
    got = ::pread(fd.get(), buffer, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw Error::from_errno("pread(container log)", errno);
  return static_cast<size_t>(got);
}

// The index whose head names the log: rotation renames them one after the other.
sys::Fd open_index(const std::string& directory, std::uint64_t inode) {
  for (const char* name : {runtime::kLogIndexFile, runtime::kOldLogIndexFile}) {
    std::optional<sys::Fd> index = sys::try_open(directory + "/" + name, O_RDONLY);
    LogMark head;
    if (index && read_at(*index, &head, sizeof head, 0) == sizeof head && head.offset == inode)
      return std::move(*index);
  }
  return {};
}

}  // namespace

std::optional<LogGeneration> LogGeneration::open(const std::string& directory, const char* log_name) {
  std::optional<sys::Fd> log = sys::try_open(directory + "/" + log_name, O_RDONLY);
  if (!log) return std::nullopt;
  struct stat status{};
  if (::fstat(log->get(), &status) != 0) throw Error::from_errno("fstat(container log)", errno);
  LogGeneration generation;
  generation.log_ = std::move(*log);
  generation.inode_ = status.st_ino;
  generation.index_ = open_index(directory, status.st_ino);
  return generation;
}

std::uint64_t LogGeneration::size() const {
  return sys::file_size(log_);
}

std::optional<runtime::LogMark> LogGeneration::mark(std::uint64_t number) {
  if (!index_) return std::nullopt;
  if (number < marks_begin_ || number >= marks_begin_ + marks_.size()) {
    marks_.resize(kMarkBlock);
    const size_t got = read_at(index_, marks_.data(), kMarkBlock * sizeof(LogMark), number * sizeof(LogMark));
    marks_.resize(got / sizeof(LogMark));
    marks_begin_ = number;
  }
  return marks_.empty() ? std::nullopt : std::optional(marks_[number - marks_begin_]);
}

std::string_view LogGeneration::bytes_at(std::uint64_t offset) {
  if (offset < buffer_begin_ || offset >= buffer_begin_ + buffer_.size()) {
    buffer_.resize(kBlock);
    buffer_.resize(read_at(log_, buffer_.data(), kBlock, offset));
    buffer_begin_ = offset;
  }
  return std::string_view(buffer_.data(), buffer_.size()).substr(offset - buffer_begin_);
}

void LogGeneration::advance_marks(std::uint64_t offset) {
  for (;;) {
    const auto next = mark(next_mark_);
    if (!next || next->offset > offset) return;
    here_ = next;
    ++next_mark_;
  }
}

LogPiece LogGeneration::read(std::uint64_t offset) {
  // The bytes first: marks are written before them, so those of all that is read here are there.
  std::string_view bytes = bytes_at(offset);
  advance_marks(offset);
  if (const auto next = mark(next_mark_)) bytes = bytes.substr(0, next->offset - offset);
  return {here_ ? here_->stream() : wire::Stream::kStdout, here_ ? here_->time_ns() : 0, bytes};
}

// A mark may stand in the middle of a line, where the stream went on after a pause.
std::uint64_t LogGeneration::next_line(std::uint64_t offset) const {
  char before = '\n';
  if (offset > 0) read_at(log_, &before, 1, offset - 1);
  char block[4096];
  while (before != '\n') {
    const size_t got = read_at(log_, block, sizeof block, offset);
    if (got == 0) return offset;
    const std::string_view bytes(block, got);
    const size_t newline = bytes.find('\n');
    if (newline != std::string_view::npos) return offset + newline + 1;
    offset += got;
  }
  return offset;
}

std::uint64_t LogGeneration::find_time(std::int64_t time_ns) {
  const auto first = mark(1);
  if (!first || first->time_ns() >= time_ns) return 0;
  std::uint64_t low = 1;
  std::uint64_t high = sys::file_size(index_) / sizeof(LogMark);
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto found = mark(middle);
    if (found && found->time_ns() < time_ns) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const auto found = mark(low);
  return found ? next_line(found->offset) : size();
}

std::optional<std::uint64_t> LogGeneration::behind_newline(std::uint64_t& count, std::uint64_t end) const {
  std::vector<char> block(kBlock);
  while (end > 0) {
    const std::uint64_t begin = end > kBlock ? end - kBlock : 0;
    const size_t got = read_at(log_, block.data(), end - begin, begin);
    for (size_t i = got; i-- > 0;) {
      if (block[i] != '\n' || --count > 0) continue;
      return begin + i + 1;
    }
    end = begin;
  }
  return std::nullopt;
}

LogReader::LogReader(std::string directory) : directory_(std::move(directory)) {
  add_successors();
}

bool LogReader::ends_with_newline() const {
  for (size_t i = generations_.size(); i-- > 0;) {
    std::uint64_t one = 1;
    const std::uint64_t size = generations_[i].size();
    if (size > 0) return generations_[i].behind_newline(one, size) == size;
  }
  return false;
}

void LogReader::skip_to_last_lines(std::uint64_t count) {
  if (ends_with_newline()) ++count;  // the last one ends its line and begins none
  for (size_t i = generations_.size(); i-- > 0;) {
    const std::uint64_t size = generations_[i].size();
    if (count == 0) {
      position_ = std::max(position_, Position{i, size});
      return;
    }
    if (const auto found = generations_[i].behind_newline(count, size)) {
      position_ = std::max(position_, Position{i, *found});
      return;
    }
  }
}

void LogReader::skip_to_time(std::int64_t time_ns) {
  for (size_t i = 0; i < generations_.size(); ++i) {
    const std::uint64_t found = generations_[i].find_time(time_ns);
    if (found == generations_[i].size() && i + 1 < generations_.size()) continue;
    position_ = std::max(position_, Position{i, found});
    return;
  }
}

// Another file under the log's name: nothing more comes into the one we have. A reader too slow for two rotations has
// missed what they threw away. Should there be a rotation between the two looks, they are taken again.
void LogReader::add_successors() {
  const auto current_inode = [&] {
    const auto named = sys::try_lstat(directory_ + "/" + runtime::kLogFile);
    return named ? std::optional<std::uint64_t>(named->st_ino) : std::nullopt;
  };
  for (auto seen = current_inode(); seen && !is_known(*seen);) {
    auto current = LogGeneration::open(directory_, runtime::kLogFile);
    auto former = LogGeneration::open(directory_, runtime::kOldLogFile);
    const auto now = current_inode();
    if (current && now == seen && current->inode() == *seen) {
      if (former && !is_known(former->inode())) generations_.push_back(std::move(*former));
      generations_.push_back(std::move(*current));
    }
    seen = now;
  }
}

bool LogReader::is_known(std::uint64_t inode) const {
  return std::any_of(generations_.begin(), generations_.end(),
                     [&](const LogGeneration& generation) { return generation.inode() == inode; });
}

LogPiece LogReader::next() {
  for (;;) {
    // What has been read is let go: its file may have lost its name, and takes room on the disk while it is open.
    for (; position_.generation > 0; --position_.generation) generations_.pop_front();
    // Before the last look at this one: what the shim wrote before it changed over is in it by then.
    if (generations_.size() <= 1) add_successors();
    if (generations_.empty()) return {};
    const LogPiece piece = generations_.front().read(position_.offset);
    position_.offset += piece.bytes.size();
    if (!piece.bytes.empty() || generations_.size() == 1) return piece;
    position_ = {1, 0};
  }
}

}  // namespace minibox::engine
