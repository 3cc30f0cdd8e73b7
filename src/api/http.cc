#include "api/http.h"

#include <array>

#include "base/text.h"
#include "wire/error_body.h"
#include "wire/stream_frame.h"

namespace minibox::api {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out += c;
  }
  return out;
}

struct StatusRow {
  int status;
  std::string_view reason;
};

constexpr std::array kReasons = {
    StatusRow{200, "OK"},
    StatusRow{206, "Partial Content"},
    StatusRow{400, "Bad Request"},
    StatusRow{401, "Unauthorized"},
    StatusRow{403, "Forbidden"},
    StatusRow{404, "Not Found"},
    StatusRow{405, "Method Not Allowed"},
    StatusRow{408, "Request Timeout"},
    StatusRow{409, "Conflict"},
    StatusRow{413, "Content Too Large"},
    StatusRow{415, "Unsupported Media Type"},
    StatusRow{416, "Range Not Satisfiable"},
    StatusRow{431, "Request Header Fields Too Large"},
    StatusRow{499, "Client Closed Request"},
    StatusRow{500, "Internal Server Error"},
    StatusRow{501, "Not Implemented"},
    StatusRow{503, "Service Unavailable"},
    StatusRow{504, "Gateway Timeout"},
    StatusRow{507, "Insufficient Storage"},
};

}  // namespace

const std::string& Request::header(const std::string& lower_name) const {
  static const std::string kNone;
  const auto it = headers.find(lower_name);
  return it == headers.end() ? kNone : it->second;
}

bool Request::wants_json_errors() const {
  return to_lower(header("accept")).find(kJson) != std::string::npos;
}

bool Request::asks_for_stream() const {
  return to_lower(header("connection")).find("upgrade") != std::string::npos &&
         header("upgrade") == wire::kStreamProtocol;
}

std::optional<Target> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  const size_t question = target.find('?');
  const auto path = decode(target.substr(0, question), false);
  if (!path) return std::nullopt;
  Target result{*path, {}};
  if (question == std::string_view::npos) return result;
  for (const std::string& pair : split(target.substr(question + 1), '&')) {
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const auto name = decode(std::string_view(pair).substr(0, equals), true);
    const auto value = equals == std::string::npos ? "" : decode(std::string_view(pair).substr(equals + 1), true);
    if (!name || !value || !result.query.emplace(*name, *value).second) return std::nullopt;
  }
  return result;
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 400;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kExists:
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kDenied:
      return 403;
    case ErrorKind::kExhausted:
      return 507;
    case ErrorKind::kUnsupported:
      return 501;
    case ErrorKind::kTimeout:
      return 504;
    case ErrorKind::kCancelled:
      return 499;
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kCorrupt:
    case ErrorKind::kInternal:
      return 500;
  }
  return 500;
}

std::string_view reason_phrase(int status) {
  for (const StatusRow& row : kReasons) {
    if (row.status == status) return row.reason;
  }
  return "Unknown";
}

Response error_response(const Error& error, bool json, int status) {
  Response response;
  response.status = status != 0 ? status : status_of(error.kind());
  response.content_type = json ? kJson : kPlainText;
  response.body = (json ? wire::print_error(error) : error.text()) + "\n";
  return response;
}

Response legacy_error_response(const Request& request, const Error& error, int status, const std::string& words) {
  if (request.wants_json_errors()) return error_response(error, true, status);
  return error_response(Error(error.kind(), words), false, status);
}

std::string print_head(const Response& response, std::string_view framing, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += reason_phrase(response.status);
  head += "\r\nContent-Type: " + response.content_type + "\r\nX-Content-Type-Options: nosniff\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  if (!framing.empty()) head.append(framing).append("\r\n");
  if (!keep_alive) head += "Connection: close\r\n";
  return head + "\r\n";
}

}  // namespace minibox::api
