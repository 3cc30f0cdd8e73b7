#include "base/port_text.h"

#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace minibox {
namespace {

Error port_error(ErrorKind kind, const char* side, std::string_view port, const std::string& why) {
  std::string name = quote(port);
  name.front() = name.back() = '"';
  return Error(kind, std::string(side) + " port " + name + ": " + why);
}

std::uint16_t parse_port(const char* side, std::string_view text) {
  if (text.empty()) throw port_error(ErrorKind::kInvalid, side, text, "empty port");
  if (!is_digits(text)) throw port_error(ErrorKind::kInvalid, side, text, "non-numeric port");
  const std::optional<std::int64_t> port = parse_int(text, 1, 65535);
  if (!port) throw port_error(ErrorKind::kInvalid, side, text, "port out of range");
  return static_cast<std::uint16_t>(*port);
}

}  // namespace

void refuse_host_port(std::string_view text, const std::string& why, const std::string& hint) {
  throw port_error(ErrorKind::kInvalid, "host", text, why).with_hint(hint);
}

PublishedAddress parse_published_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {{}, parse_port("host", text)};
  if (colon == 0) refuse_host_port(text, "empty address", "write it as in 127.0.0.1:8080, or the port alone");
  return {std::string(text.substr(0, colon)), parse_port("host", text.substr(colon + 1))};
}

std::uint16_t parse_container_port(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse_port("container", text);
  const std::string protocol = to_lower(text.substr(slash + 1));
  if (protocol == "udp" || protocol == "sctp") {
    throw port_error(ErrorKind::kUnsupported, "container", text, protocol + " can't be published")
        .with_hint("publish a TCP port, as in 8080:80 or 8080:80/tcp");
  }
  if (protocol != "tcp") throw port_error(ErrorKind::kInvalid, "container", text, "unknown protocol");
  return parse_port("container", text.substr(0, slash));
}

}  // namespace minibox
