#include "api/handlers.h"
#include "wire/run_request.h"

namespace minibox::api {
namespace {

constexpr char kFramedPreamble[] =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: minibox-stream/1\r\n"
    "Connection: Upgrade\r\n"
    "\r\n";

// For clients that know no frames (curl): both streams as one body, which ends with the connection.
constexpr char kRawPreamble[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n"
    "\r\n";

// The shim takes the connection: from the start of the container on, no byte of its output passes through the daemon.
void run_foreground(Backend& backend, const wire::RunRequest& run, const Request& request, Exchange& exchange) {
  engine::Attachment attachment;
  attachment.connection = exchange.duplicate_connection();
  attachment.framed = request.asks_for_stream();
  attachment.preamble = attachment.framed ? kFramedPreamble : kRawPreamble;
  backend.run(run, &attachment);
  exchange.connection_taken();
}

}  // namespace

void post_run(Backend& backend, const Request& request, Exchange& exchange) {
  const wire::RunRequest run = wire::RunRequest::parse(request.body);
  if (run.image.empty()) throw Error(ErrorKind::kInvalid, "Image name is required");
  if (run.detached) return exchange.reply({.body = backend.run(run, nullptr) + "\n"});
  if (run.interactive) {
    throw Error(ErrorKind::kUnsupported, "interactive containers are not supported yet")
        .with_hint("run without -i and -t, or detached with -d");
  }
  run_foreground(backend, run, request, exchange);
}

}  // namespace minibox::api
