#include "cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace minibox::cli {
namespace {

// /dev/null, a pipe.
bool is_special(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
}

}  // namespace

OutputFile::OutputFile(const std::string& path, mode_t mode) : path_(path) {
  int flags = O_WRONLY | O_CLOEXEC;
  if (!is_special(path)) {
    temporary_ = path + ".part-" + std::to_string(::getpid());
    flags |= O_CREAT | O_EXCL;
  }
  file_ = LocalFile(::open((temporary_.empty() ? path : temporary_).c_str(), flags, mode));
  if (file_.valid()) return;
  const int error = errno;
  temporary_.clear();
  throw Error::from_errno("open(" + quote(path) + ")", error);
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::commit() {
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw Error::from_errno("rename(" + quote(path_) + ")", errno);
  temporary_.clear();
}

void check_output_file(const std::string& path, mode_t mode) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode)) return;
  const OutputFile probe(path, mode);
}

}  // namespace minibox::cli
