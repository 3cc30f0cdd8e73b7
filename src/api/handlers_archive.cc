// Files of a container as a tar stream: out as the body of an answer; in as frames on an upgraded connection, for a
// body that ends nobody knows when does not fit the limits that other requests have.
#include <chrono>

#include "api/handlers.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/seqpacket.h"
#include "wire/error_body.h"
#include "wire/stream_frame.h"

namespace minibox::api {
namespace {

constexpr std::chrono::seconds kIdle{60};  // a client that sends nothing for so long holds a container no longer
constexpr char kPreamble[] =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: minibox-stream/1\r\n"
    "Connection: Upgrade\r\n"
    "\r\n";

std::string path_from_query(const Request& request) {
  const auto it = request.query.find("path");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing path");
  return it->second;
}

// The client's side of the stream: frames of stdin, the last one empty.
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
  void finish(const std::optional<Error>& error) {
    if (error) send(wire::Stream::kStderr, wire::print_error(*error));
    send(wire::Stream::kExitStatus, std::string(1, error ? '\1' : '\0'));
    char discarded[16 * 1024];
    while (receive(discarded, sizeof discarded) > 0) {
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

  void send(wire::Stream stream, const std::string& payload) {
    sys::write_all(connection_, wire::print_frame(stream, payload), "connection");
  }

  sys::Fd connection_;
  size_t left_ = 0;
  bool ended_ = false;
};

}  // namespace

void get_archive(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string path = path_from_query(request);
  const std::string id = container_from_query(backend, request);
  exchange.limit_patience(std::chrono::seconds(10));  // the container can't be started or removed meanwhile
  bool begun = false;                                 // what fails before the first byte is an ordinary error
  const std::uint64_t left_out = backend.copy_out(id, path, [&](std::string_view bytes) {
    if (!begun) exchange.begin_stream();
    begun = true;
    exchange.write(bytes);
  });
  exchange.end_stream(left_out == 0 ? "ok" : "ok; left-out=" + std::to_string(left_out));
}

void post_archive(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string path = path_from_query(request);
  const std::string id = container_from_query(backend, request);
  if (!request.asks_for_stream()) {
    throw Error(ErrorKind::kInvalid, "an archive is sent as a stream")
        .with_hint(std::string("ask for Upgrade: ") + wire::kStreamProtocol);
  }
  sys::Fd connection = exchange.duplicate_connection();
  exchange.connection_taken();
  Upload upload(std::move(connection));
  std::optional<Error> failure;
  try {
    backend.copy_in(id, path, [&](char* buffer, size_t size) { return upload.read(buffer, size); });
  } catch (const Error& error) {
    failure = error;
  }
  upload.finish(failure);
}

}  // namespace minibox::api
