#include "network/ipam.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::network {
namespace {

TEST(Ipam, ReleasedAddressIsReusedLast) {
  Ipam ipam(Subnet::parse("10.0.0.0/29"));  // five containers: .2 to .6
  EXPECT_EQ(ipam.acquire().print(), "10.0.0.2");
  const Ipv4 three = ipam.acquire();
  ipam.release(three);
  EXPECT_EQ(ipam.acquire().print(), "10.0.0.4");
  EXPECT_EQ(ipam.acquire().print(), "10.0.0.5");
  EXPECT_EQ(ipam.acquire().print(), "10.0.0.6");
  EXPECT_EQ(ipam.acquire(), three);
}

TEST(Ipam, ExhaustionNamesTheRemedy) {
  Ipam ipam(Subnet::parse("10.0.0.0/30"));
  ipam.acquire();
  try {
    ipam.acquire();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExhausted);
    EXPECT_NE(error.hint().find("MINIBOX_SUBNET"), std::string::npos);
  }
}

TEST(Ipam, AdoptedAddressIsNotHandedOut) {
  Ipam ipam(Subnet::parse("10.0.0.0/29"));
  ipam.adopt(*Ipv4::parse("10.0.0.2"));
  EXPECT_EQ(ipam.acquire().print(), "10.0.0.3");
  EXPECT_THROW(ipam.adopt(*Ipv4::parse("10.0.0.3")), Error);
  EXPECT_THROW(ipam.adopt(*Ipv4::parse("10.0.0.1")), Error);
  EXPECT_THROW(ipam.adopt(*Ipv4::parse("10.0.1.2")), Error);
}

TEST(Ipam, RunsRoundManyTimesWithoutADuplicate) {
  Ipam ipam(Subnet::parse("10.0.0.0/28"));
  for (int i = 0; i < 1000; ++i) {
    const Ipv4 address = ipam.acquire();
    EXPECT_TRUE(ipam.taken(address));
    ipam.release(address);
  }
  EXPECT_EQ(ipam.count(), 0u);
}

}  // namespace
}  // namespace minibox::network
