// Which HTTP proxy leads to a registry, said as curl, Go and Docker have it said: HTTP_PROXY for http URLs, HTTPS_PROXY
// for https ones, NO_PROXY for what is reached directly. Plain value, immutable once made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/url.h"

namespace minibox::registry {

struct Proxy {
  Url url;                    // http only
  std::string authorization;  // the value of Proxy-Authorization, or empty
};

class ProxyTable {
 public:
  ProxyTable() = default;
  // Values of the three variables, empty when not set. Proxies are "http://[user:password@]host[:port]", "http://" may
  // be left out. kInvalid, kUnsupported (https and socks proxies); the message names no password.
  static ProxyTable parse(const std::string& http, const std::string& https, std::string_view none);

  // Null: directly. Always so for this machine itself.
  const Proxy* proxy_for(const Url& url) const;

 private:
  bool is_excepted(const Url& url) const;

  std::optional<Proxy> http_;
  std::optional<Proxy> https_;
  // Items of NO_PROXY, in lower case: "*", "host[:port]" (its subdomains too), ".domain", an address, a network in CIDR
  // form.
  std::vector<std::string> none_;
};

}  // namespace minibox::registry
