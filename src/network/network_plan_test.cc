#include "network/network_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::network {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Config config_for(const char* bridge, const char* subnet) {
  Config config;
  config.bridge = bridge;
  config.subnet = Subnet::parse(subnet);
  return config;
}

TEST(NetworkPlan, NamesDeriveFromTheBridge) {
  const Config config = config_for("box-7", "10.1.0.0/16");
  EXPECT_EQ(table_name(config), "minibox_box-7");
  EXPECT_EQ(veth_alias(config, *Ipv4::parse("10.1.0.9")), "minibox:box-7:10.1.0.9");
}

TEST(NetworkPlan, VethsOfOtherDaemonsAreNotOurs) {
  const Config config = config_for("box", "10.1.0.0/16");
  EXPECT_EQ(address_of_veth(config, "minibox:box:10.1.0.9")->print(), "10.1.0.9");
  EXPECT_FALSE(address_of_veth(config, "minibox:box2:10.1.0.9"));
  EXPECT_FALSE(address_of_veth(config, "minibox:box"));
  EXPECT_FALSE(address_of_veth(config, ""));
}

TEST(NetworkPlan, VethNamesFitAnInterfaceName) {
  EXPECT_LE(new_veth_name().size(), 15u);
  EXPECT_NE(new_veth_name(), new_veth_name());
}

TEST(NetworkPlan, MacIsLocalUnicastAndFollowsTheAddress) {
  const Mac mac = mac_of(*Ipv4::parse("172.19.0.2"));
  EXPECT_EQ(mac, (Mac{0x02, 0x6d, 0xac, 0x13, 0x00, 0x02}));
  EXPECT_EQ(mac[0] & 3, 2);
}

TEST(NetworkPlan, TableScriptHoldsThePublications) {
  const Config config = config_for("box", "10.1.0.0/16");
  const Ipv4 container = *Ipv4::parse("10.1.0.9");
  const std::string script =
      table_script(config, {{{Ipv4{}, 8080, 80}, container}, {{*Ipv4::parse("127.0.0.1"), 81, 82}, container}});
  EXPECT_THAT(script, HasSubstr("elements = { 8080 : 10.1.0.9 . 80 }"));
  EXPECT_THAT(script, HasSubstr("elements = { 127.0.0.1 . 81 : 10.1.0.9 . 82 }"));
  EXPECT_THAT(script, HasSubstr("map @published_any"));
  EXPECT_THAT(script, Not(HasSubstr("@T@")));
  EXPECT_THAT(script, Not(HasSubstr("@B@")));
  EXPECT_THAT(script, Not(HasSubstr("@SUBNET@")));
}

TEST(NetworkPlan, MapElementIsBigEndianAndPadded) {
  const Publication any{{Ipv4{}, 8080, 80}, *Ipv4::parse("10.1.0.9")};
  EXPECT_EQ(map_element(any).map, kAnyMap);
  EXPECT_EQ(map_element(any).key, std::string("\x1f\x90", 2));
  EXPECT_EQ(map_element(any).data, std::string("\x0a\x01\x00\x09\x00\x50\x00\x00", 8));
  const Publication one{{*Ipv4::parse("127.0.0.1"), 8080, 80}, *Ipv4::parse("10.1.0.9")};
  EXPECT_EQ(map_element(one).map, kAddressMap);
  EXPECT_EQ(map_element(one).key, std::string("\x7f\x00\x00\x01\x1f\x90\x00\x00", 8));
}

TEST(NetworkConfig, BridgeNameCantBreakOutOfAScript) {
  EXPECT_NO_THROW(check_bridge_name("minibox0"));
  EXPECT_NO_THROW(check_bridge_name("mini_box-0"));
  for (const char* name : {"", "0box", "a234567890123456", "a b", "a\"", "a;b", "../x", "a/b", "a.b"}) {
    EXPECT_THROW(check_bridge_name(name), Error) << name;
  }
}

}  // namespace
}  // namespace minibox::network
