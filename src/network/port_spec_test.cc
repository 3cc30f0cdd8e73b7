#include "network/port_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/port_text.h"

namespace minibox::network {
namespace {

std::string error_of(const std::map<std::string, std::string>& ports) {
  try {
    parse_ports(ports, Ipv4{});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
    return error.text();
  }
  return "";
}

std::map<std::string, std::string> ports_from_1000(size_t count) {
  std::map<std::string, std::string> ports;
  for (size_t i = 0; i < count; ++i) ports[std::to_string(1000 + i)] = "80";
  return ports;
}

TEST(PortSpec, AddressAndProtocolAreOptional) {
  const Ipv4 loopback = *Ipv4::parse("127.0.0.1");
  const auto ports = parse_ports({{"8080", "80"}, {"0.0.0.0:81", "81/tcp"}, {"10.0.0.1:82", "83"}}, loopback);
  EXPECT_EQ(ports,
            (std::vector<PublishedPort>{{Ipv4{}, 81, 81}, {*Ipv4::parse("10.0.0.1"), 82, 83}, {loopback, 8080, 80}}));
}

TEST(PortSpec, BadPortOnEitherSideIsRefused) {
  EXPECT_EQ(error_of({{"http", "80"}}), "host port \"http\": non-numeric port");
  EXPECT_EQ(error_of({{"80", "70000"}}), "container port \"70000\": port out of range");
}

TEST(PortSpec, AddressMustBeIpv4) {
  EXPECT_EQ(error_of({{"localhost:80", "80"}}), "host port \"localhost:80\": the part before ':' is no IPv4 address");
  EXPECT_EQ(error_of({{"[::1]:80", "80"}}), "host port \"[::1]:80\": the part before ':' is no IPv4 address");
}

TEST(PortSpec, SamePortTwiceIsRefused) {
  EXPECT_EQ(error_of({{"80", "80"}, {"127.0.0.1:80", "81"}}), "host port \"80\": published twice");
  EXPECT_EQ(error_of({{"127.0.0.2:80", "80"}, {"127.0.0.1:80", "81"}}), "");
}

TEST(PortSpec, NumberOfPortsHasACap) {
  EXPECT_EQ(error_of(ports_from_1000(kMaxPublishedPorts)), "");
  EXPECT_EQ(error_of(ports_from_1000(kMaxPublishedPorts + 1)),
            "1025 published ports are too many: a container has 1024 at most");
}

}  // namespace
}  // namespace minibox::network
