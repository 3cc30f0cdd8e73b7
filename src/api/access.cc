#include "api/access.h"

#include "base/text.h"

namespace minibox::api {
namespace {

// Only names that no name server decides: an attacker's, or that of the network one happens to be in, could say that
// any other name is this machine, and a browser would let its pages in (DNS rebinding). No browser opens unix sockets.
bool is_own_host(std::string_view host, const std::string& local_address) {
  const HostPort parts = split_host_port(host);
  if (parts.port && !is_digits(*parts.port)) return false;
  const std::string name = to_lower(parts.host);
  if (name == "localhost" || name == "127.0.0.1" || name == "[::1]") return true;
  if (local_address.empty()) return name == "minibox";
  return name == local_address || name == "[" + local_address + "]";
}

// Clients of the first version call any daemon "minibox". A browser can be made to take this name for this machine,
// too, but its requests with a body bear its marks, and its Host the port.
bool is_old_client(const Request& request) {
  for (const char* mark : {"origin", "referer", "sec-fetch-site", "sec-fetch-mode"}) {
    if (request.headers.count(mark) != 0) return false;
  }
  return request.method == "POST" && request.header("host") == "minibox";
}

// What a browser says of where a request comes from. Another port of the same host is another program: "same-site" is
// foreign too.
std::optional<std::string> foreign_origin(const Request& request) {
  const std::string& site = request.header("sec-fetch-site");
  if (request.headers.count("sec-fetch-site") != 0 && site != "same-origin" && site != "none") {
    return "foreign Sec-Fetch-Site " + quote(site);
  }
  const std::string& origin = request.header("origin");
  if (request.headers.count("origin") != 0 && to_lower(origin) != "http://" + to_lower(request.header("host"))) {
    return "foreign Origin " + quote(origin);
  }
  return std::nullopt;
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
  if (!is_own_host(host, rules.local_address) && !is_old_client(request)) {
    return refuse(request, 403, "host " + quote(host) + " is not this daemon", "use localhost or the listen address",
                  "foreign Host " + quote(host));
  }
  if (const auto reason = foreign_origin(request)) {
    return refuse(request, 403, "requests of other web pages are not allowed: " + *reason, "", *reason);
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
