#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "client/endpoint.h"
#include "client/http_reader.h"

namespace minibox::client {
namespace {

using ::testing::HasSubstr;

Environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto it = values.find(name);
    return it == values.end() ? std::string() : it->second;
  };
}

TEST(Endpoint, ParsesAddressesAndSockets) {
  EXPECT_EQ(parse_endpoint("http://127.0.0.1:8080/").print(), "http://127.0.0.1:8080");
  EXPECT_EQ(parse_endpoint("http://localhost").print(), "http://localhost:80");
  EXPECT_EQ(parse_endpoint("http://[::1]:99").print(), "http://[::1]:99");
  EXPECT_EQ(parse_endpoint("unix:/run/x.sock").print(), "unix:/run/x.sock");
  EXPECT_EQ(parse_endpoint("unix:///run/x.sock").path, "/run/x.sock");
}

TEST(Endpoint, RefusesWhatItCannotReach) {
  for (const char* url : {"", "8080", "https://h", "ftp://h", "http://", "http://h:0", "http://h:x", "http://h:70000",
                          "http://h:", "http://h/path", "http://u@h", "unix:relative", "http://[::1",
                          "http://[::1]x:80", "http://[]", "http://h\r\nX: y"}) {
    EXPECT_THROW(parse_endpoint(url), Error) << url;
  }
}

TEST(Endpoint, EnvironmentDecidesWhatIsTried) {
  const auto chosen = [](std::map<std::string, std::string> values) {
    return endpoint_from(environment_of(std::move(values))).print();
  };
  EXPECT_EQ(chosen({{"MINIBOX_API", "http://h:1"}, {"MINIBOX_SOCKET", "/s"}}), "http://h:1");
  EXPECT_EQ(chosen({{"MINIBOX_SOCKET", "/s"}}), "unix:/s");
  EXPECT_EQ(chosen({}), "unix:/run/minibox/minibox.sock");
}

TEST(ResponseHead, ReadsStatusAndHeaders) {
  const ResponseHead head =
      parse_response_head("HTTP/1.1 101 Switching Protocols\r\nUpgrade:  minibox-stream/1 \r\nX: y");
  EXPECT_EQ(head.status, 101);
  EXPECT_EQ(head.header("upgrade"), "minibox-stream/1");
  EXPECT_EQ(head.header("x"), "y");
  EXPECT_EQ(head.header("absent"), "");
}

TEST(ResponseHead, RefusesWhatIsNoHttp) {
  for (const char* text : {"", "SSH-2.0-OpenSSH", "HTTP/1.1", "HTTP/1.1 abc OK", "HTTP/2 200 OK",
                           "HTTP/1.1 200 OK\r\nbroken", "HTTP/1.1 200 OK\r\n: x"}) {
    EXPECT_THROW(parse_response_head(text), Error) << text;
  }
}

}  // namespace
}  // namespace minibox::client
