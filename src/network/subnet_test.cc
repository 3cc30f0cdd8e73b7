#include "network/subnet.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::network {
namespace {

TEST(Ipv4, PrintsWhatItParses) {
  for (const char* text : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "172.19.0.2"}) {
    ASSERT_TRUE(Ipv4::parse(text)) << text;
    EXPECT_EQ(Ipv4::parse(text)->print(), text);
  }
}

TEST(Ipv4, RefusesAnythingElse) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-1", "1.2.3.+1", "01.2.3.4", "1.2.3.4 ", "::1",
                           "a.b.c.d", "1..2.3"}) {
    EXPECT_FALSE(Ipv4::parse(text)) << text;
  }
}

TEST(Subnet, KnowsItsAddresses) {
  const Subnet subnet = Subnet::parse("172.19.0.0/24");
  EXPECT_EQ(subnet.gateway().print(), "172.19.0.1");
  EXPECT_EQ(subnet.first_container().print(), "172.19.0.2");
  EXPECT_EQ(subnet.last_container().print(), "172.19.0.254");
  EXPECT_EQ(subnet.broadcast().print(), "172.19.0.255");
  EXPECT_EQ(subnet.print(), "172.19.0.0/24");
  EXPECT_TRUE(subnet.contains(*Ipv4::parse("172.19.0.255")));
  EXPECT_FALSE(subnet.contains(*Ipv4::parse("172.19.1.0")));
  EXPECT_FALSE(subnet.is_container_address(subnet.gateway()));
  EXPECT_FALSE(subnet.is_container_address(subnet.broadcast()));
}

TEST(Subnet, SmallestHasOneContainer) {
  const Subnet subnet = Subnet::parse("10.0.0.4/30");
  EXPECT_EQ(subnet.first_container(), subnet.last_container());
}

TEST(Subnet, RefusesWhatIsNoNetwork) {
  for (const char* text : {"", "172.19.0.0", "172.19.0.0/", "172.19.0.0/31", "172.19.0.0/7", "172.19.0.0/x", "x/24"}) {
    EXPECT_THROW(Subnet::parse(text), Error) << text;
  }
}

TEST(Subnet, NamesTheNetworkThatWasMeant) {
  try {
    Subnet::parse("172.19.0.5/24");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
    EXPECT_EQ(error.hint(), "the network it lies in is 172.19.0.0/24");
  }
}

}  // namespace
}  // namespace minibox::network
