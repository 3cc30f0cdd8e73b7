#include "api/client_upload.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "sys/file.h"
#include "sys/seqpacket.h"
#include "wire/error_body.h"
#include "wire/stream_frame.h"

namespace minibox::api {
namespace {

constexpr std::chrono::seconds kIdle{60};  // a client that sends nothing for so long holds nothing up any longer
constexpr char kPreamble[] =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: minibox-stream/1\r\n"
    "Connection: Upgrade\r\n"
    "\r\n";

class Upload {
 public:
  explicit Upload(sys::Fd connection) : connection_(std::move(connection)) {
    sys::set_nonblocking(connection_, false);
    sys::write_all(connection_, kPreamble, "connection");
  }

  size_t read(char* buffer, size_t size) {
    while (left_ == 0 && !ended_) begin_frame();
    if (ended_) return 0;
    const size_t got = receive(buffer, std::min(size, left_));
    if (got == 0) throw Error(ErrorKind::kCancelled, "the client has left");
    left_ -= got;
    return got;
  }

  // What the client has sent must be read before the connection closes: it would lose our answer otherwise.
  void finish(const std::string& text, const std::optional<Error>& error) {
    if (error) send(wire::Stream::kStderr, wire::print_error(*error));
    for (size_t at = 0; at < text.size(); at += wire::kMaxPayload) {
      send(wire::Stream::kStdout, std::string_view(text).substr(at, wire::kMaxPayload));
    }
    send(wire::Stream::kExitStatus, std::string(1, error ? '\1' : '\0'));
    const auto deadline = std::chrono::steady_clock::now() + kIdle;  // also for one that sends without end
    char discarded[16 * 1024];
    while (std::chrono::steady_clock::now() < deadline && receive(discarded, sizeof discarded) > 0) {
    }
  }

 private:
  size_t receive(char* buffer, size_t size) {
    if (!sys::wait_readable(connection_, kIdle)) throw Error(ErrorKind::kTimeout, "the client sends nothing");
    return sys::read_some(connection_, buffer, size);
  }

  void begin_frame() {
    wire::FrameHeader header{};
    for (size_t have = 0; have < header.size();) {
      const size_t got = receive(reinterpret_cast<char*>(header.data()) + have, header.size() - have);
      if (got == 0) throw Error(ErrorKind::kCancelled, "the client has left");
      have += got;
    }
    if (wire::frame_stream(header) != wire::Stream::kStdin || wire::frame_size(header) > wire::kMaxPayload)
      throw Error(ErrorKind::kInvalid, "the stream holds a frame that is no part of an archive");
    left_ = wire::frame_size(header);
    ended_ = left_ == 0;
  }

  void send(wire::Stream stream, std::string_view payload) {
    sys::write_all(connection_, wire::print_frame(stream, payload), "connection");
  }

  sys::Fd connection_;
  size_t left_ = 0;
  bool ended_ = false;
};

}  // namespace

void serve_upload(const Request& request, Exchange& exchange,
                  const std::function<std::string(const UploadSource& source)>& work) {
  if (!request.asks_for_stream()) {
    throw Error(ErrorKind::kInvalid, "an archive is sent as a stream")
        .with_hint(std::string("ask for Upgrade: ") + wire::kStreamProtocol);
  }
  sys::Fd connection = exchange.duplicate_connection();
  exchange.connection_taken();
  Upload upload(std::move(connection));
  std::string text;
  std::optional<Error> failure;
  try {
    text = work([&](char* buffer, size_t size) { return upload.read(buffer, size); });
  } catch (const Error& error) {
    failure = error;
  }
  upload.finish(text, failure);
}

}  // namespace minibox::api
