#include "lazy/backing_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include "base/error.h"
#include "lazy/fuse_protocol.h"
#include "lazy/rights.h"
#include "sys/entry.h"
#include "sys/seqpacket.h"

namespace minibox::lazy {
namespace {

constexpr std::chrono::seconds kPatience{5};  // with a process that only does system calls
constexpr int kSocket = 3;

enum class What : std::uint32_t { kDevice, kBegin, kOpen, kClose };

// With a descriptor, but for kClose. All but kDevice are answered, kOpen by a number, or an errno below zero.
struct Message {
  What what{};
  std::uint32_t device = 0;
  std::int32_t number = 0;
};

template <typename Value>
std::string bytes_of(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <typename Value>
Value value_of(const std::string& bytes) {
  Value value{};
  if (bytes.size() != sizeof value) throw Error(ErrorKind::kCorrupt, "a message of another size");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

struct Request {
  Message message;
  sys::Fd fd;
};

// Nothing at the end.
std::optional<Request> receive(const sys::Fd& socket) {
  std::optional<sys::Packet> packet = sys::receive_packet(socket);
  if (!packet) return std::nullopt;
  Request request{value_of<Message>(packet->bytes), {}};
  if (packet->fds.size() != (request.message.what == What::kClose ? 0 : 1))
    throw Error(ErrorKind::kCorrupt, "a message with other descriptors");
  if (!packet->fds.empty()) request.fd = std::move(packet->fds[0]);
  return request;
}

bool may_back(const sys::Fd& file, dev_t file_system) {
  const struct stat info = sys::stat_of(file);
  const int flags = ::fcntl(file.get(), F_GETFL);
  return S_ISREG(info.st_mode) && info.st_dev == file_system && flags >= 0 &&
         (flags & (O_ACCMODE | O_PATH)) == O_RDONLY;
}

struct Device {
  sys::Fd fd;
  size_t backings = 0;  // the kernel has no limit, and neither a descriptor nor a process counts them
};

std::int32_t open_backing(Device& device, const sys::Fd& file, dev_t file_system) {
  if (!may_back(file, file_system)) return -EACCES;
  if (device.backings >= kMaxBackings) return -ENFILE;
  FuseBackingFile backing{.fd = file.get()};
  const int number = ::ioctl(device.fd.get(), kBackingOpen, &backing);
  if (number < 0) return -errno;
  ++device.backings;
  return number;
}

std::int32_t close_backing(Device& device, std::int32_t number) {
  const auto id = static_cast<std::uint32_t>(number);
  if (::ioctl(device.fd.get(), kBackingClose, &id) < 0) return -errno;
  --device.backings;
  return 0;
}

void serve(const sys::Fd& socket) {
  std::vector<Device> devices;
  std::optional<Request> request;
  while ((request = receive(socket)) && request->message.what == What::kDevice)
    devices.push_back({std::move(request->fd)});
  if (!request || request->message.what != What::kBegin) return;
  const dev_t file_system = sys::stat_of(request->fd).st_dev;
  sys::send_packet(socket, bytes_of(std::int32_t{0}));
  while ((request = receive(socket))) {
    const Message& message = request->message;
    Device& device = devices.at(message.device);
    if (message.what == What::kClose) {
      sys::send_packet(socket, bytes_of(close_backing(device, message.number)));
    } else if (message.what == What::kOpen) {
      sys::send_packet(socket, bytes_of(open_backing(device, request->fd, file_system)));
    } else {
      return;  // no devices any more: by now others may be asking
    }
  }
}

// Nothing of the process that it was forked from is left but its code.
[[noreturn]] void be_the_process(const sys::Fd& theirs) {
  try {
    ::prctl(PR_SET_NAME, "minibox-backing");
    if (::dup2(theirs.get(), kSocket) < 0) throw Error::from_errno("dup2()", errno);
    if (::close_range(kSocket + 1, ~0U, 0) != 0) throw Error::from_errno("close_range()", errno);
    drop_rights({"CAP_SYS_ADMIN"});
    serve(sys::Fd(kSocket));
  } catch (...) {
    ::_exit(1);  // the server, which alone could be told why, finds that it has ended
  }
  ::_exit(0);
}

}  // namespace

BackingProcess::BackingProcess() {
  auto [mine, theirs] = sys::make_socket_pair();
  process_ = sys::clone_process({});
  if (!process_.valid()) be_the_process(theirs);
  socket_ = std::move(mine);
}

void BackingProcess::begin(const sys::Fd& extracted, const std::vector<sys::Fd>& devices) {
  for (const sys::Fd& device : devices) {
    sys::send_packet(socket_, bytes_of(Message{.what = What::kDevice}), {device.get()});
  }
  sys::send_packet(socket_, bytes_of(Message{.what = What::kBegin}), {extracted.get()});
  // By then it is the server's equal: before, the server could not end it any more.
  if (!receive_answer()) throw Error(ErrorKind::kUnavailable, "the process that names backing files does not start");
}

std::int32_t BackingProcess::open(std::uint32_t device, const sys::Fd& file) {
  const std::optional<std::int32_t> number =
      ask(bytes_of(Message{.what = What::kOpen, .device = device}), {file.get()});
  if (!number) throw Error(ErrorKind::kUnavailable, "the process that names backing files does not answer");
  if (*number < 0) throw Error::from_errno("ioctl(FUSE_DEV_IOC_BACKING_OPEN)", -*number);
  return *number;
}

void BackingProcess::close(std::uint32_t device, std::int32_t number) {
  ask(bytes_of(Message{.what = What::kClose, .device = device, .number = number}), {});
}

std::optional<std::int32_t> BackingProcess::ask(const std::string& message, const std::vector<int>& fds) {
  if (!socket_) return std::nullopt;
  std::optional<std::int32_t> answer;
  try {
    sys::send_packet(socket_, message, fds);
    answer = receive_answer();
  } catch (const Error&) {  // it is not there
  }
  if (!answer) end();  // a late answer must not be taken for another one's
  return answer;
}

std::optional<std::int32_t> BackingProcess::receive_answer() {
  if (!sys::wait_readable(socket_, kPatience)) return std::nullopt;
  const std::optional<sys::Packet> answer = sys::receive_packet(socket_);
  if (!answer) return std::nullopt;
  return value_of<std::int32_t>(answer->bytes);
}

void BackingProcess::end() {
  socket_.reset();
  process_ = sys::Child();
}

}  // namespace minibox::lazy
