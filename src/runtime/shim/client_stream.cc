#include "runtime/shim/client_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace minibox::runtime::shim {

void ClientStream::send_raw(std::string_view bytes) {
  if (!attached()) return;
  pending_ += bytes;
  flush();
}

void ClientStream::send(wire::Stream stream, std::string_view payload) {
  if (!attached()) return;
  if (!framed_) {
    if (stream == wire::Stream::kStdout || stream == wire::Stream::kStderr) send_raw(payload);
    return;
  }
  const wire::FrameHeader header = wire::make_frame_header(stream, static_cast<std::uint32_t>(payload.size()));
  pending_.append(reinterpret_cast<const char*>(header.data()), header.size());
  send_raw(payload);
}

void ClientStream::flush() {
  size_t sent = 0;
  while (attached() && sent < pending_.size()) {
    // MSG_DONTWAIT and not O_NONBLOCK: the flag would be shared with the daemon's copy of this socket.
    const ssize_t count =
        ::send(connection_.get(), pending_.data() + sent, pending_.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      connection_.reset();
    }
  }
  pending_.erase(0, attached() ? sent : pending_.size());
}

std::vector<int> ClientStream::read_signals() {
  char buffer[4096];
  const ssize_t got = ::recv(connection_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (got <= 0) {
    if (got == 0) {
      input_closed_ = true;
    } else if (errno != EAGAIN && errno != EINTR) {
      connection_.reset();
    }
    return {};
  }
  received_.append(buffer, static_cast<size_t>(got));
  std::vector<int> signals;
  while (received_.size() >= wire::kFrameHeaderSize) {
    wire::FrameHeader header;
    std::copy_n(received_.begin(), header.size(), header.begin());
    const size_t size = wire::frame_size(header);
    if (!framed_ || size > wire::kMaxPayload) {
      connection_.reset();
      return signals;
    }
    if (received_.size() < wire::kFrameHeaderSize + size) break;
    if (wire::frame_stream(header) == wire::Stream::kSignal && size == 1) {
      signals.push_back(static_cast<unsigned char>(received_[wire::kFrameHeaderSize]));
    }
    received_.erase(0, wire::kFrameHeaderSize + size);
  }
  return signals;
}

}  // namespace minibox::runtime::shim
