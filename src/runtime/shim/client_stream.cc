#include "runtime/shim/client_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"

namespace minibox::runtime::shim {

void ClientStream::close() {
  connection_.reset();
  pending_.clear();
}

void ClientStream::send_raw(std::string_view bytes) {
  if (!attached()) return;
  if (pending_.empty()) waiting_since_ = monotonic_us();
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
  if (sent > 0) waiting_since_ = monotonic_us();
  pending_.erase(0, attached() ? sent : pending_.size());
}

Wishes ClientStream::receive() {
  char buffer[16 * 1024];
  const ssize_t got = ::recv(connection_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  Wishes wishes;
  if (got <= 0) {
    if (got == 0) {
      read_end_ = true;
    } else if (errno != EAGAIN && errno != EINTR) {
      close();
    }
    return wishes;
  }
  if (!framed_) {
    input_.append(buffer, static_cast<size_t>(got));
    return wishes;
  }
  received_.append(buffer, static_cast<size_t>(got));
  size_t at = 0;
  while (attached() && received_.size() - at >= wire::kFrameHeaderSize) {
    wire::FrameHeader header;
    std::copy_n(received_.begin() + static_cast<std::ptrdiff_t>(at), header.size(), header.begin());
    const size_t size = wire::frame_size(header);
    if (size > wire::kMaxPayload) close();
    if (!attached() || received_.size() - at < wire::kFrameHeaderSize + size) break;
    at += wire::kFrameHeaderSize;
    take_frame(wire::frame_stream(header), std::string_view(received_).substr(at, size), wishes);
    at += size;
  }
  received_.erase(0, at);
  return wishes;
}

void ClientStream::take_frame(wire::Stream stream, std::string_view payload, Wishes& wishes) {
  if (stream == wire::Stream::kSignal && payload.size() == 1) {
    wishes.signals.push_back(static_cast<unsigned char>(payload[0]));
  } else if (stream == wire::Stream::kResize && payload.size() == 4) {
    wishes.size = wire::parse_count(payload);
  } else if (stream == wire::Stream::kStdin && payload.empty()) {
    input_end_ = true;
  } else if (stream == wire::Stream::kStdin && !input_end_) {
    input_ += payload;
    if (input_.size() > wire::kInputWindow) close();
  }
}

void ClientStream::input_taken(size_t size) {
  input_.erase(0, size);
  send(wire::Stream::kInputTaken, wire::print_count(static_cast<std::uint32_t>(size)));
}

}  // namespace minibox::runtime::shim
