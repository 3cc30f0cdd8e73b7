#include "cli/archive_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace minibox::cli {
namespace {

constexpr size_t kPiece = 256 * 1024;

LocalFile standard_stream(int fd, const char* remedy) {
  if (::isatty(fd) != 0) {
    throw Error(ErrorKind::kInvalid, "an archive is not for a terminal").with_hint(remedy);
  }
  return LocalFile(::dup(fd));
}

}  // namespace

bool is_standard_stream(const std::string& path) {
  return path.empty() || path == "-";
}

ArchiveOutput::ArchiveOutput(const std::string& path) {
  constexpr mode_t kOwnersAlone = 0600;
  if (is_standard_stream(path)) {
    stdout_ = standard_stream(STDOUT_FILENO, "name a file with -o FILE, or redirect the output");
  } else {
    file_.emplace(path, kOwnersAlone);
  }
}

void ArchiveOutput::commit() {
  if (file_) file_->commit();
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
  LocalFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) throw Error::from_errno("open(" + quote(path) + ")", errno);
  return file;
}

void send_archive(client::Upload& to, const LocalFile& from) {
  std::string piece(kPiece, '\0');
  while (!to.refused()) {
    const size_t got = from.read(piece.data(), piece.size());
    if (got == 0) return;
    to.write(std::string_view(piece).substr(0, got));
  }
}

}  // namespace minibox::cli
