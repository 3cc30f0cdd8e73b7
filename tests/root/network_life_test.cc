// The network from its making to its end: addresses, crashes, restarts, and daemons beside each other.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/error.h"
#include "network_fixture.h"
#include "sys/file.h"

namespace minibox::test {
namespace {

using network::Attachment;
using network::NetworkKind;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(NetworkTest, AddressesAreReusedOnceTheSubnetIsThrough) {
  config_.subnet = network::Subnet::parse("10.213.0.0/28");  // 13 containers
  Network net(config_);
  for (int i = 0; i < 40; ++i) {
    Attachment attachment = net.acquire(NetworkKind::kBridge);
    EXPECT_TRUE(config_.subnet.is_container_address(*network::Ipv4::parse(attachment.ip)));
    net.release(std::move(attachment));
  }
}

TEST_F(NetworkTest, FullSubnetIsExhaustedNotBroken) {
  config_.subnet = network::Subnet::parse("10.213.0.0/29");  // 5 containers
  Network net(config_);
  std::vector<Attachment> held;
  for (int i = 0; i < 5; ++i) held.push_back(net.acquire(NetworkKind::kBridge));
  try {
    net.acquire(NetworkKind::kBridge);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExhausted);
  }
}

TEST_F(NetworkTest, ShutdownLeavesNothing) {
  {
    Network net(config_);
    Attachment web = net.acquire(NetworkKind::kBridge);
    Attachment none = net.acquire(NetworkKind::kNone);
    net.publish("web", web.ip, {port(8080, 80)});
    EXPECT_FALSE(net.shutdown()) << "a container still has an address";
    EXPECT_THAT(run("nft list tables"), HasSubstr("minibox_mbtest0"));
    net.unpublish("web");
    net.release(std::move(web));
    net.release(std::move(none));
    EXPECT_TRUE(net.shutdown());
  }
  EXPECT_THAT(links_after_cleanup(), IsEmpty());
  EXPECT_EQ(run("nft list ruleset"), "");
}

TEST_F(NetworkTest, ReconcileAfterACrashLeavesNothing) {
  sys::Fd held;  // as if a process of a container that nobody adopts held it
  {
    Network dead(config_);
    Attachment web = dead.acquire(NetworkKind::kBridge);
    dead.publish("web", web.ip, {port(8080, 80)});
    held = std::move(web.netns);
  }
  EXPECT_THAT(our_links(), Not(IsEmpty()));
  Network net(config_);
  EXPECT_THAT(net.reconcile(), IsEmpty());
  EXPECT_THAT(links_after_cleanup(), IsEmpty());
  EXPECT_EQ(run("nft list ruleset"), "");
}

TEST_F(NetworkTest, AdoptedContainerStaysReachableAndLeftoversGo) {
  Attachment web;
  sys::Fd held;
  {
    Network dead(config_);
    web = dead.acquire(NetworkKind::kBridge);
    Attachment lost = dead.acquire(NetworkKind::kBridge);
    dead.publish("web", web.ip, {port(8080, 80)});
    dead.publish("lost", lost.ip, {port(8081, 80)});
    held = std::move(lost.netns);
  }
  const Greeter greeter(web.netns, 80);
  EXPECT_NE(greet("127.0.0.1", 8080), "");  // while no daemon runs
  Network net(config_);
  EXPECT_THAT(net.adopt("web", web.ip, {port(8080, 80)}), IsEmpty());
  EXPECT_THAT(net.reconcile(), IsEmpty());
  EXPECT_NE(greet(outside_, kHost, 8080), "");
  EXPECT_THAT(run("nft list table ip minibox_mbtest0"), Not(HasSubstr("8081")));
  const Attachment fresh = net.acquire(NetworkKind::kBridge);
  EXPECT_NE(fresh.ip, web.ip);
  EXPECT_NE(greet(fresh.netns, kHost, 8080), "");
  EXPECT_THROW(net.publish("new", fresh.ip, {port(8080, 80)}), Error);
  EXPECT_THROW(net.adopt("again", web.ip, {}), Error);
}

TEST_F(NetworkTest, PortTakenWhileTheDaemonWasDownIsAWarning) {
  const Greeter thief(8080);
  Network net(config_);
  EXPECT_THAT(net.adopt("web", "10.213.0.9", {port(8080, 80)}), ::testing::ElementsAre(HasSubstr("port 8080")));
}

TEST_F(NetworkTest, TwoDaemonsLiveSideBySide) {
  network::Config second = config_;
  second.bridge = "mbtest1";
  second.subnet = network::Subnet::parse("10.214.0.0/24");
  Network one(config_);
  Network two(second);
  const Attachment a = one.acquire(NetworkKind::kBridge);
  Attachment b = two.acquire(NetworkKind::kBridge);
  const Greeter greeter(a.netns, 80);
  one.publish("a", a.ip, {port(8080, 80)});
  EXPECT_NE(greet(b.netns, kHost, 8080), "");  // what is published is for everyone
  EXPECT_TRUE(cut_off(b.netns, a.ip, 80));     // what is not is for its own bridge
  two.release(std::move(b));
  EXPECT_TRUE(two.shutdown());
  EXPECT_NE(greet(outside_, kHost, 8080), "");
}

TEST_F(NetworkTest, BridgeOfSomebodyElseIsRefusedAndLeftAlone) {
  run("ip link add mbtest0 type bridge");
  Network net(config_);
  try {
    net.acquire(NetworkKind::kBridge);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConflict);
    EXPECT_THAT(error.hint(), HasSubstr("MINIBOX_BRIDGE"));
  }
  net.shutdown();
  run("ip link show mbtest0");
}

TEST_F(NetworkTest, SubnetThatTheHostUsesIsRefused) {
  config_.subnet = network::Subnet::parse("192.0.2.128/25");
  Network net(config_);
  try {
    net.acquire(NetworkKind::kBridge);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConflict);
    EXPECT_THAT(error.hint(), HasSubstr("MINIBOX_SUBNET"));
  }
}

TEST_F(NetworkTest, ReadOnlySysctlsAreAnErrorWithARemedy) {
  std::optional<Error> failure;
  // A thread of its own: its mount namespace ends with it. It starts in this thread's network namespace.
  std::thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount(nullptr, "/proc/sys", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), 0);
    try {
      network::make_isolated_slot();
    } catch (const Error& error) {
      failure = error;
    }
  }).join();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->errno_value(), EROFS);
  EXPECT_THAT(failure->text(), HasSubstr("ip_unprivileged_port_start"));
  EXPECT_THAT(failure->hint(), HasSubstr("/proc/sys"));
}

}  // namespace
}  // namespace minibox::test
