#include "lazy/fuse_message.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace minibox::lazy {

std::string_view FuseRequest::name(size_t offset) const {
  const std::string_view rest = body.substr(std::min(offset, body.size()));
  return rest.substr(0, rest.find('\0'));
}

std::optional<FuseRequest> read_request(const sys::Fd& device, FuseBuffer& buffer) {
  const ssize_t got = ::read(device.get(), buffer.data(), buffer.size());
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ENOENT) return std::nullopt;
    if (errno == ENODEV || errno == ECONNABORTED) throw Unmounted();
    throw Error::from_errno("read('/dev/fuse')", errno);
  }
  FuseRequest request;
  if (static_cast<size_t>(got) < sizeof request.header) throw Error(ErrorKind::kCorrupt, "FUSE: a short request");
  std::memcpy(&request.header, buffer.data(), sizeof request.header);
  request.body = {buffer.data() + sizeof request.header, static_cast<size_t>(got) - sizeof request.header};
  return request;
}

namespace {

void send(const sys::Fd& device, fuse_out_header header, const void* bytes, size_t size) {
  header.len = static_cast<std::uint32_t>(sizeof header + size);
  iovec parts[2] = {{&header, sizeof header}, {const_cast<void*>(bytes), size}};
  const ssize_t sent = ::writev(device.get(), parts, size == 0 ? 1 : 2);
  if (sent >= 0 || errno == ENOENT || errno == ENODEV || errno == EPERM) return;
  throw Error::from_errno("writev('/dev/fuse')", errno);
}

}  // namespace

void reply(const sys::Fd& device, std::uint64_t unique, const void* bytes, size_t size) {
  fuse_out_header header{};
  header.unique = unique;
  send(device, header, bytes, size);
}

void reply_error(const sys::Fd& device, std::uint64_t unique, int errno_value) {
  fuse_out_header header{};
  header.unique = unique;
  header.error = -errno_value;
  send(device, header, nullptr, 0);
}

}  // namespace minibox::lazy
