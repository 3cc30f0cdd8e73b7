#include "registry/url.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::registry {
namespace {

TEST(Url, ReadsItsParts) {
  const Url url = Url::parse("https://Registry.Example.com:5000/v2/a?b=c#d");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "registry.example.com");
  EXPECT_EQ(url.port, 5000);
  EXPECT_EQ(url.target, "/v2/a?b=c");
  EXPECT_EQ(url.path(), "/v2/a");
  EXPECT_EQ(url.print_without_query(), "https://registry.example.com:5000/v2/a");
  EXPECT_EQ(Url::parse("http://[::1]:8080").host, "::1");
  EXPECT_EQ(Url::parse("http://[::1]:8080").authority(), "[::1]:8080");
  EXPECT_EQ(Url::parse("https://a:443/").authority(), "a");
  EXPECT_EQ(Url::parse("http://a?q").target, "/?q");
}

TEST(Url, RefusesWhatARegistryMustNotSend) {
  for (const char* text :
       {"", "ftp://a/", "file:///etc/passwd", "https://", "https://u:p@a/", "https://a:0/", "https://a:99999/",
        "https://a b/", "https://a/\r\nHost: x", "//a/b", "/a", "https://[::1/", "https://a:b/"}) {
    EXPECT_THROW(Url::parse(text), Error) << text;
  }
  EXPECT_THROW(Url::parse("https://a/" + std::string(9000, 'x')), Error);
}

TEST(Url, AnErrorDoesNotTellTheQuery) {
  try {
    Url::parse("https://a b/?signature=secret");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.text().find("secret"), std::string::npos);
  }
}

TEST(Url, ResolvesLocations) {
  const Url here = Url::parse("https://a:5000/v2/x/blobs/uploads/?q=1");
  EXPECT_EQ(here.resolve("/u?s=1").print(), "https://a:5000/u?s=1");
  EXPECT_EQ(here.resolve("http://b/u").print(), "http://b/u");
  EXPECT_EQ(here.resolve("//b/u").print(), "https://b/u");
  EXPECT_EQ(here.resolve("id?u=http://c/").print(), "https://a:5000/v2/x/blobs/uploads/id?u=http://c/");
  EXPECT_TRUE(here.same_origin(here.resolve("/u")));
  EXPECT_FALSE(here.same_origin(here.resolve("http://a:5000/u")));
  EXPECT_FALSE(here.same_origin(here.resolve("https://a/u")));
}

TEST(Url, QueriesAreEscaped) {
  Url url = Url::parse("https://a/t");
  url.add_query("service", "x y&z");
  url.add_query("scope", "repository:a/b:pull,push");
  EXPECT_EQ(url.target, "/t?service=x%20y%26z&scope=repository:a/b:pull%2Cpush");
}

TEST(Url, KnowsThisMachine) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.8.7", "::1"}) EXPECT_TRUE(is_loopback_host(host)) << host;
  for (const char* host : {"127.0.0.1.example.com", "128.0.0.1", "localhost.example.com", "127.1", ""}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

}  // namespace
}  // namespace minibox::registry
