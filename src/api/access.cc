#include "api/access.h"

#include "base/text.h"

namespace minibox::api {
namespace {

// "host" or "host:port" without the port; empty when it is malformed.
std::string_view host_without_port(std::string_view host) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return host;
  if (!is_digits(host.substr(colon + 1))) return {};
  return host.substr(0, colon);
}

bool is_own_host(std::string_view host, const std::string& local_address) {
  const std::string name = to_lower(host_without_port(host));
  if (name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name == "minibox") return true;
  if (local_address.empty()) return false;
  return name == local_address || name == "[" + local_address + "]";
}

std::string given_token(const Request& request) {
  const std::string& authorization = request.header("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (to_lower(authorization.substr(0, kScheme.size())) == kScheme) {
    return std::string(trim(std::string_view(authorization).substr(kScheme.size())));
  }
  return request.header("x-api-token");
}

Refusal refuse(const Request& request, int status, const std::string& message, const std::string& hint,
               const std::string& reason) {
  Error error(ErrorKind::kDenied, message);
  error.with_hint(hint);
  return {error_response(error, request.wants_json_errors(), status), reason};
}

}  // namespace

bool equal_in_constant_time(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

bool is_json_content_type(std::string_view content_type) {
  return to_lower(trim(content_type.substr(0, content_type.find(';')))) == kJson;
}

std::optional<Refusal> check_access(const Request& request, const AccessRules& rules) {
  const std::string& host = request.header("host");
  if (!is_own_host(host, rules.local_address)) {
    return refuse(request, 403, "host " + quote(host) + " is not this daemon", "use localhost or the listen address",
                  "foreign Host " + quote(host));
  }
  if (request.headers.count("origin") != 0) {
    const std::string& origin = request.header("origin");
    if (to_lower(origin) != "http://" + to_lower(host)) {
      return refuse(request, 403, "requests from origin " + quote(origin) + " are not allowed", "",
                    "foreign Origin " + quote(origin));
    }
  }
  if (!rules.token.empty() && !equal_in_constant_time(given_token(request), rules.token)) {
    Refusal refusal =
        refuse(request, 401, "Unauthorized", "set MINIBOX_API_TOKEN to the daemon's token", "missing or wrong token");
    refusal.response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"minibox\"");
    return refusal;
  }
  return std::nullopt;
}

}  // namespace minibox::api
