#include "base/port_text.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox {
namespace {

template <typename Parse>
std::string error_of(Parse parse, const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    return error.text();
  }
  return "";
}

TEST(PortText, AddressAndProtocolAreOptional) {
  EXPECT_EQ(parse_published_address("8080").port, 8080);
  EXPECT_EQ(parse_published_address("8080").address, "");
  EXPECT_EQ(parse_published_address("127.0.0.1:81").port, 81);
  EXPECT_EQ(parse_published_address("127.0.0.1:81").address, "127.0.0.1");
  EXPECT_EQ(parse_published_address("[::1]:65535").address, "[::1]");
  EXPECT_EQ(parse_container_port("1"), 1);
  EXPECT_EQ(parse_container_port("82/TCP"), 82);
}

TEST(PortText, ErrorsAreThoseOfTheApiReference) {
  EXPECT_EQ(error_of(parse_published_address, ""), "host port \"\": empty port");
  EXPECT_EQ(error_of(parse_published_address, "127.0.0.1:"), "host port \"\": empty port");
  EXPECT_EQ(error_of(parse_published_address, "http"), "host port \"http\": non-numeric port");
  EXPECT_EQ(error_of(parse_published_address, "+80"), "host port \"+80\": non-numeric port");
  EXPECT_EQ(error_of(parse_published_address, "0"), "host port \"0\": port out of range");
  EXPECT_EQ(error_of(parse_published_address, "65536"), "host port \"65536\": port out of range");
  EXPECT_EQ(error_of(parse_published_address, "99999999999999999999999"),
            "host port \"99999999999999999999999\": port out of range");
  EXPECT_EQ(error_of(parse_published_address, ":80"), "host port \":80\": empty address");
  EXPECT_EQ(error_of(parse_container_port, ""), "container port \"\": empty port");
  EXPECT_EQ(error_of(parse_container_port, "8o"), "container port \"8o\": non-numeric port");
  EXPECT_EQ(error_of(parse_container_port, "70000"), "container port \"70000\": port out of range");
  EXPECT_EQ(error_of(parse_container_port, "/tcp"), "container port \"\": empty port");
  EXPECT_EQ(error_of(parse_container_port, "80/ip"), "container port \"80/ip\": unknown protocol");
}

TEST(PortText, HostileTextIsNamedSafely) {
  EXPECT_EQ(error_of(parse_published_address, "8\n0"), "host port \"8\\x0a0\": non-numeric port");
}

TEST(PortText, UdpIsRefusedNotIgnored) {
  try {
    parse_container_port("53/udp");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_NE(error.hint(), "");
  }
}

}  // namespace
}  // namespace minibox
