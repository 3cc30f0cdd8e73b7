#include "registry/answer_error.h"

#include <algorithm>

#include "base/text.h"
#include "oci/json.h"

namespace minibox::registry {
namespace {

constexpr size_t kMaxErrorBody = 64u << 10;
constexpr std::int64_t kMaxRetryAfter = 86'400;

ErrorKind kind_of(int status) {
  if (status == 401 || status == 403) return ErrorKind::kDenied;
  if (status == 404) return ErrorKind::kNotFound;
  return is_passing(status) ? ErrorKind::kUnavailable : ErrorKind::kUnsupported;
}

// {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}; the token servers' {"details": "..."}.
std::string reason_in(const std::string& body) {
  const oci::Json document = oci::parse_document(body, "error");
  const oci::JsonObject root(document, "error");
  for (const oci::JsonObject& error : root.objects("errors")) {
    const std::string code = to_lower(error.text("code"));
    const std::string message = error.text("message");
    return message.empty() ? code : message;
  }
  return root.text("details");
}

// Nothing an error page may hold must turn one error into another.
template <typename Action>
std::string text_or_nothing(Action action) {
  try {
    return action();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCancelled) throw;
    return "";
  }
}

// What Go's servers and nginx say to plain HTTP on a port with TLS.
bool wants_tls(int status, const std::string& body) {
  return status == 400 && body.find("HTTP request") != std::string::npos && body.find("HTTPS") != std::string::npos;
}

std::string words_for(int status) {
  switch (status) {
    case 401:
      return "the registry asks for a login";
    case 403:
      return "the registry does not allow this";
    case 404:
      return "not found";
    case 429:
      return "too many requests";
    default:
      return status >= 500 ? "the registry has a fault" : "the registry refuses";
  }
}

}  // namespace

bool is_passing(int status) {
  return status == 408 || status == 429 || (status >= 500 && status != 501);
}

Error answer_error(HttpExchange& exchange, bool with_password) {
  const int status = exchange.head().status;
  const std::string words =
      status == 401 && with_password ? "the user name or the password is wrong" : words_for(status);
  const std::string told = words + " (" + std::to_string(status) + ")";
  const std::string body = text_or_nothing([&] { return exchange.read_all(kMaxErrorBody); });
  if (wants_tls(status, body)) {
    return Error(kind_of(status), told + ": it was asked in plain HTTP and speaks TLS")
        .with_hint("registries.json must say so: \"HOST:PORT\": {\"insecure\": false}");
  }
  const std::string reason = text_or_nothing([&] { return reason_in(body); });
  return {kind_of(status), told + (reason.empty() ? "" : ": " + quote(reason))};
}

std::optional<std::chrono::milliseconds> retry_after(const HttpHead& head) {
  const std::string& text = head.header("retry-after");
  if (!is_digits(text)) return std::nullopt;
  return std::chrono::seconds(parse_int(text, 0, kMaxRetryAfter).value_or(kMaxRetryAfter));
}

}  // namespace minibox::registry
