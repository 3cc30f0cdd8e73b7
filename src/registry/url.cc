#include "registry/url.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace minibox::registry {
namespace {

constexpr size_t kMaxUrl = 8192;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

[[noreturn]] void invalid(std::string_view text, const std::string& why) {
  // Not the whole text: a query may hold a secret.
  throw Error(ErrorKind::kInvalid, "bad URL " + quote(text.substr(0, text.find('?'))) + ": " + why);
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string parse_host(std::string_view text, std::string_view host) {
  std::string name = to_lower(host);
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
    if (name.find_first_not_of("0123456789abcdef:.") != std::string::npos) invalid(text, "bad IPv6 address");
    return name;
  }
  if (name.empty() || name.size() > 253 || !std::all_of(name.begin(), name.end(), is_host_character)) {
    invalid(text, "bad host");
  }
  return name;
}

}  // namespace

Url Url::parse(std::string_view text) {
  if (text.size() > kMaxUrl) invalid("", "longer than " + std::to_string(kMaxUrl) + " bytes");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    invalid(text, "it has blanks or control characters");
  }
  Url url;
  const size_t scheme_end = text.find("://");
  const std::string scheme = scheme_end == std::string_view::npos ? "" : to_lower(text.substr(0, scheme_end));
  if (scheme != "https" && scheme != "http") invalid(text, "neither https nor http");
  url.tls = scheme == "https";
  url.port = url.tls ? kHttpsPort : kHttpPort;

  std::string_view rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t end = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) invalid("", "it has a user name");
  const HostPort parts = split_host_port(authority);
  url.host = parse_host(text, parts.host);
  if (parts.port) {
    const auto port = parse_int(*parts.port, 1, 65535);
    if (!port) invalid(text, "bad port");
    url.port = static_cast<std::uint16_t>(*port);
  }
  if (end != std::string_view::npos) url.target = rest.substr(end);
  if (url.target[0] == '?') url.target.insert(0, "/");
  return url;
}

Url Url::resolve(std::string_view location) const {
  if (location.find("://") != std::string_view::npos && location.find("://") < location.find_first_of("/?#")) {
    return parse(location);
  }
  if (location.starts_with("//")) return parse((tls ? "https:" : "http:") + std::string(location));
  if (location.starts_with('/')) return parse(origin() + std::string(location));
  const std::string base = path();
  return parse(origin() + base.substr(0, base.rfind('/') + 1) + std::string(location));
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? kHttpsPort : kHttpPort) ? name : name + ":" + std::to_string(port);
}

std::string Url::origin() const {
  return (tls ? "https://" : "http://") + authority();
}

std::string Url::path() const {
  return target.substr(0, target.find('?'));
}

bool Url::same_origin(const Url& other) const {
  return tls == other.tls && host == other.host && port == other.port;
}

void Url::add_query(std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += std::string(name) + "=" + escape_query(value);
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  const std::vector<std::string> parts = split(host, '.');
  return parts.size() == 4 && parts[0] == "127" && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return parse_int(part, 0, 255).has_value();
         });
}

std::string escape_query(std::string_view text) {
  constexpr std::string_view kPlain = "-._~/:";  // a query takes these as they are
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alnum || kPlain.find(c) != std::string_view::npos) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return result;
}

}  // namespace minibox::registry
