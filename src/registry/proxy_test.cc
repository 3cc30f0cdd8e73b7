#include "registry/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"

namespace minibox::registry {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string way_to(const ProxyTable& table, const std::string& url) {
  const Proxy* proxy = table.proxy_for(Url::parse(url));
  return proxy == nullptr ? "direct" : proxy->url.origin();
}

TEST(ProxyTable, EachSchemeHasItsOwn) {
  const ProxyTable table = ProxyTable::parse("http://plain:3128", "secure:8080", "");
  EXPECT_EQ(way_to(table, "http://lan:5000/v2/"), "http://plain:3128");
  EXPECT_EQ(way_to(table, "https://registry.example.com/v2/"), "http://secure:8080");
  EXPECT_EQ(way_to(ProxyTable::parse("", "", ""), "https://registry.example.com/"), "direct");
  EXPECT_EQ(way_to(ProxyTable::parse("http://plain:3128", "", ""), "https://registry.example.com/"), "direct");
}

TEST(ProxyTable, ThisMachineIsReachedDirectly) {
  const ProxyTable table = ProxyTable::parse("p", "p", "");
  for (const char* url : {"http://localhost:5000/", "https://127.0.0.1/", "http://127.3.2.1/", "http://[::1]:80/"}) {
    EXPECT_EQ(way_to(table, url), "direct") << url;
  }
}

TEST(ProxyTable, ExceptionsAreHostsDomainsPortsAddressesAndNetworks) {
  const ProxyTable table =
      ProxyTable::parse("p:1", "p:1", " Example.com, .inner.org,lan:5000, 10.0.0.0/8,192.0.2.7,2001:db8::/32");
  for (const char* url :
       {"https://example.com/", "https://a.b.EXAMPLE.com/", "https://x.inner.org/", "http://lan:5000/",
        "http://10.200.3.4/", "http://192.0.2.7:80/", "http://[2001:db8:1::5]/"}) {
    EXPECT_EQ(way_to(table, url), "direct") << url;
  }
  for (const char* url : {"https://badexample.com/", "https://inner.org/", "http://lan:5001/", "http://11.0.0.1/",
                          "http://192.0.2.70/", "http://[2001:db9::1]/", "https://10.example.org/"}) {
    EXPECT_EQ(way_to(table, url), "http://p:1") << url;
  }
  const ProxyTable stars = ProxyTable::parse("p:1", "p:1", "*.Example.com, *.lan:5000");
  for (const char* url : {"https://a.b.example.com/", "http://x.lan:5000/"}) EXPECT_EQ(way_to(stars, url), "direct");
  for (const char* url : {"https://example.com/", "https://badexample.com/", "http://x.lan:5001/"}) {
    EXPECT_EQ(way_to(stars, url), "http://p:1") << url;
  }
  EXPECT_EQ(way_to(ProxyTable::parse("p:1", "p:1", "*"), "https://registry.example.com/"), "direct");
}

TEST(ProxyTable, CredentialsBecomeAHeaderAndAreInNoMessage) {
  const ProxyTable table = ProxyTable::parse("http://anna:p%40ss%3Aw@proxy:3128", "", "");
  EXPECT_EQ(table.proxy_for(Url::parse("http://lan/"))->authorization, "Basic " + base64_encode("anna:p@ss:w"));
  try {
    ProxyTable::parse("", "http://anna:secret@bad host", "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.text(), HasSubstr("HTTPS_PROXY"));
    EXPECT_THAT(error.text(), Not(HasSubstr("secret")));
  }
}

TEST(ProxyTable, OtherKindsAreRefused) {
  for (const char* text : {"socks5://proxy:1080", "https://proxy:443", "http://", "http://proxy:0"}) {
    EXPECT_THROW(ProxyTable::parse("", text, ""), Error) << text;
  }
}

}  // namespace
}  // namespace minibox::registry
