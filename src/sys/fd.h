// Owner of one file descriptor. Raw descriptors appear only in sys/ and at the moment of a system call.
#pragma once

#include <utility>

namespace minibox::sys {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  explicit operator bool() const { return valid(); }
  int release() { return std::exchange(fd_, -1); }
  void reset() noexcept;  // closes, ignoring errors (nothing to be done about them)
  void close();           // closes; throws Error when the kernel reports a lost write (EIO, ENOSPC, EDQUOT)
  Fd duplicate() const;   // F_DUPFD_CLOEXEC

 private:
  int fd_ = -1;
};

// The two ends of pipe2(O_CLOEXEC).
struct Pipe {
  Fd read;
  Fd write;
};
Pipe make_pipe();

Fd duplicate_stderr();

void set_nonblocking(const Fd& fd, bool on);
void set_cloexec(const Fd& fd, bool on);

}  // namespace minibox::sys
