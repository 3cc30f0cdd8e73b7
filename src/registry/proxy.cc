#include "registry/proxy.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"

namespace minibox::registry {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// RFC 3986, 2.1. What is no escape stays as it is.
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    plain += low >= 0 ? static_cast<char>(high * 16 + low) : text[i];
    if (low >= 0) i += 2;
  }
  return plain;
}

std::optional<Proxy> parse_proxy(const std::string& text, const char* variable) {
  if (text.empty()) return std::nullopt;
  return with_context(variable, [&] {
    const size_t scheme_end = text.find("://");
    const std::string scheme = scheme_end == std::string::npos ? "http" : to_lower(text.substr(0, scheme_end));
    if (scheme != "http") {
      throw Error(ErrorKind::kUnsupported, "a proxy of the kind " + quote(scheme))
          .with_hint("HTTP proxies are supported, which lead to https URLs too: http://HOST:PORT");
    }
    std::string rest = scheme_end == std::string::npos ? text : text.substr(scheme_end + 3);
    Proxy proxy;
    if (const size_t at = rest.rfind('@'); at != std::string::npos) {
      proxy.authorization = "Basic " + base64_encode(unescape(std::string_view(rest).substr(0, at)));
      rest = rest.substr(at + 1);
    }
    proxy.url = Url::parse("http://" + rest);
    return std::optional(std::move(proxy));
  });
}

bool in_network(const std::string& network, const std::string& host) {
  error_code bad;
  const ip::address address = ip::make_address(host, bad);
  if (bad) return false;
  if (address.is_v4()) {
    const ip::network_v4 range = ip::make_network_v4(network, bad).canonical();
    return !bad && ip::network_v4(address.to_v4(), range.prefix_length()).canonical() == range;
  }
  const ip::network_v6 range = ip::make_network_v6(network, bad).canonical();
  return !bad && ip::network_v6(address.to_v6(), range.prefix_length()).canonical() == range;
}

bool is_or_below(const std::string& host, std::string domain) {
  const bool only_below = domain.starts_with('.');
  if (only_below) domain.erase(0, 1);
  return (!only_below && host == domain) || host.ends_with("." + domain);
}

}  // namespace

ProxyTable ProxyTable::parse(const std::string& http, const std::string& https, std::string_view none) {
  ProxyTable table;
  table.variables_ = {http, https, std::string(none)};
  table.http_ = parse_proxy(http, "HTTP_PROXY");
  table.https_ = parse_proxy(https, "HTTPS_PROXY");
  for (const std::string& item : split(none, ',')) {
    std::string name = to_lower(trim(item));
    if (name.starts_with("*.")) name.erase(0, 1);  // another way to write ".domain"
    if (!name.empty()) table.none_.push_back(std::move(name));
  }
  return table;
}

bool ProxyTable::is_excepted(const Url& url) const {
  if (is_loopback_host(url.host)) return true;
  return std::any_of(none_.begin(), none_.end(), [&](const std::string& item) {
    if (item == "*") return true;
    if (item.find('/') != std::string::npos) return in_network(item, url.host);
    if (item == url.host) return true;  // an IPv6 address too, whose colons are no port's
    const HostPort parts = split_host_port(item);
    if (parts.port && *parts.port != std::to_string(url.port)) return false;
    return is_or_below(url.host, std::string(parts.host));
  });
}

const Proxy* ProxyTable::proxy_for(const Url& url) const {
  const std::optional<Proxy>& proxy = url.tls ? https_ : http_;
  return proxy && !is_excepted(url) ? &*proxy : nullptr;
}

}  // namespace minibox::registry
