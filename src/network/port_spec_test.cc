#include "network/port_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::network {
namespace {

std::string error_of(const std::string& host, const std::string& container) {
  try {
    parse_ports({{host, container}}, Ipv4{});
  } catch (const Error& error) {
    return error.text();
  }
  return "";
}

TEST(PortSpec, AddressAndProtocolAreOptional) {
  const Ipv4 loopback = *Ipv4::parse("127.0.0.1");
  const auto ports = parse_ports({{"8080", "80"}, {"0.0.0.0:81", "81/tcp"}, {"10.0.0.1:82", "82/TCP"}}, loopback);
  ASSERT_EQ(ports.size(), 3u);
  EXPECT_EQ(print_port(ports[0]), "0.0.0.0:81->81/tcp");
  EXPECT_EQ(print_port(ports[1]), "10.0.0.1:82->82/tcp");
  EXPECT_EQ(print_port(ports[2]), "127.0.0.1:8080->80/tcp");
}

TEST(PortSpec, ErrorsAreThoseOfTheApiReference) {
  EXPECT_EQ(error_of("", "80"), "host port \"\": empty port");
  EXPECT_EQ(error_of("127.0.0.1:", "80"), "host port \"\": empty port");
  EXPECT_EQ(error_of("http", "80"), "host port \"http\": non-numeric port");
  EXPECT_EQ(error_of("+80", "80"), "host port \"+80\": non-numeric port");
  EXPECT_EQ(error_of("0", "80"), "host port \"0\": port out of range");
  EXPECT_EQ(error_of("65536", "80"), "host port \"65536\": port out of range");
  EXPECT_EQ(error_of("99999999999999999999999", "80"), "host port \"99999999999999999999999\": port out of range");
  EXPECT_EQ(error_of("80", ""), "container port \"\": empty port");
  EXPECT_EQ(error_of("80", "8o"), "container port \"8o\": non-numeric port");
  EXPECT_EQ(error_of("80", "70000"), "container port \"70000\": port out of range");
  EXPECT_EQ(error_of("80", "/tcp"), "container port \"\": empty port");
}

TEST(PortSpec, UdpIsRefusedNotIgnored) {
  try {
    parse_ports({{"53", "53/udp"}}, Ipv4{});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
    EXPECT_NE(error.hint(), "");
  }
}

TEST(PortSpec, BadAddressAndHostileTextAreNamedSafely) {
  EXPECT_NE(error_of("localhost:80", "80").find("no IPv4 address"), std::string::npos);
  EXPECT_NE(error_of("[::1]:80", "80").find("no IPv4 address"), std::string::npos);
  EXPECT_EQ(error_of("8\n0", "80"), "host port \"8\\x0a0\": non-numeric port");
}

TEST(PortSpec, SamePortTwiceIsRefused) {
  EXPECT_THROW(parse_ports({{"80", "80"}, {"127.0.0.1:80", "81"}}, Ipv4{}), Error);
  EXPECT_NO_THROW(parse_ports({{"127.0.0.2:80", "80"}, {"127.0.0.1:80", "81"}}, Ipv4{}));
}

}  // namespace
}  // namespace minibox::network
