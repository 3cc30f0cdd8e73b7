#include "cli/archive_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace minibox::cli {
namespace {

constexpr size_t kPiece = 256 * 1024;

LocalFile open_or_throw(const std::string& path, int flags) {
  LocalFile file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!file.valid()) throw Error::from_errno("open(" + quote(path) + ")", errno);
  return file;
}

LocalFile standard_stream(int fd, const char* remedy) {
  if (::isatty(fd) != 0) {
    throw Error(ErrorKind::kInvalid, "an archive is not for a terminal").with_hint(remedy);
  }
  return LocalFile(::dup(fd));
}

bool is_special(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
}

}  // namespace

bool is_standard_stream(const std::string& path) {
  return path.empty() || path == "-";
}

ArchiveOutput::ArchiveOutput(const std::string& path) : path_(path) {
  if (is_standard_stream(path)) {
    file_ = standard_stream(STDOUT_FILENO, "name a file with -o FILE, or redirect the output");
  } else if (is_special(path)) {  // /dev/null, a pipe
    file_ = open_or_throw(path, O_WRONLY);
  } else {
    temporary_ = path + ".part-" + std::to_string(::getpid());
    file_ = open_or_throw(temporary_, O_WRONLY | O_CREAT | O_EXCL);
  }
}

ArchiveOutput::~ArchiveOutput() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void ArchiveOutput::commit() {
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw Error::from_errno("rename(" + quote(path_) + ")", errno);
  temporary_.clear();
}

void receive_archive(client::Download& from, ArchiveOutput& output) {
  std::string piece(kPiece, '\0');
  while (const size_t got = from.read(piece.data(), piece.size())) {
    output.write(std::string_view(piece).substr(0, got));
  }
  output.commit();
}

LocalFile open_archive_input(const std::string& path) {
  if (is_standard_stream(path)) return standard_stream(STDIN_FILENO, "name a file, or redirect the input");
  return open_or_throw(path, O_RDONLY);
}

void send_archive(client::Upload& to, const LocalFile& from) {
  std::string piece(kPiece, '\0');
  while (const size_t got = from.read(piece.data(), piece.size())) {
    to.write(std::string_view(piece).substr(0, got));
  }
}

}  // namespace minibox::cli
