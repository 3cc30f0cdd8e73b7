#include "sys/listen_socket.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::sys {
namespace {

TEST(TcpAddress, ParsesWhatTheDaemonIsGiven) {
  EXPECT_EQ(parse_tcp_address("127.0.0.1:8080").print(), "127.0.0.1:8080");
  EXPECT_EQ(parse_tcp_address("localhost:80").print(), "127.0.0.1:80");
  EXPECT_EQ(parse_tcp_address("[::1]:80").print(), "[::1]:80");
  EXPECT_EQ(parse_tcp_address(":80").host, "");
  for (const char* text :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "host:80", "::1:x"}) {
    EXPECT_THROW(parse_tcp_address(text), Error) << text;
  }
}

TEST(TcpAddress, OnlyLoopbackIsLoopback) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"}) {
    EXPECT_TRUE(parse_tcp_address(text).is_loopback()) << text;
  }
  for (const char* text : {":1", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_FALSE(parse_tcp_address(text).is_loopback()) << text;
  }
}

TEST(ListenTcp, TakenPortIsNamed) {
  const Fd first = listen_tcp(parse_tcp_address("127.0.0.1:0"), 1);
  try {
    listen_tcp({"127.0.0.1", local_port(first)}, 1);
    FAIL() << "listens twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExists);
    EXPECT_NE(error.text().find(std::to_string(local_port(first))), std::string::npos);
  }
}

}  // namespace
}  // namespace minibox::sys
