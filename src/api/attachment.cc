#include "api/attachment.h"

namespace minibox::api {
namespace {

constexpr char kFramedPreamble[] =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: minibox-stream/1\r\n"
    "Connection: Upgrade\r\n";

constexpr char kRawPreamble[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n"
    "\r\n";

// Byte for byte: old clients look for this.
constexpr char kHijackPreamble[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/octet-stream\r\n"
    "\r\n";

}  // namespace

bool wants_terminal(const Request& request, bool interactive, bool tty) {
  return tty || (interactive && !request.asks_for_stream());
}

engine::Attachment make_attachment(const Request& request, Exchange& exchange, bool interactive) {
  engine::Attachment attachment;
  attachment.connection = exchange.duplicate_connection();
  attachment.framed = request.asks_for_stream();
  attachment.preamble = attachment.framed ? std::string(kFramedPreamble) + "\r\n"
                        : interactive     ? kHijackPreamble
                                          : kRawPreamble;
  return attachment;
}

engine::Attachment make_attachment_to(const Request& request, Exchange& exchange, bool input, bool tty) {
  engine::Attachment attachment = make_attachment(request, exchange, input);
  if (attachment.framed) {
    attachment.preamble = std::string(kFramedPreamble) + kInputHeader + (input ? ": 1" : ": 0") + "\r\n" + kTtyHeader +
                          (tty ? ": 1" : ": 0") + "\r\n\r\n";
  }
  return attachment;
}

}  // namespace minibox::api
