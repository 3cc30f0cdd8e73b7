// What a container can reach and what reaches it, on a real kernel.
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstddef>
#include <iterator>

#include "base/clock.h"
#include "base/error.h"
#include "base/port_text.h"
#include "network_fixture.h"
#include "sys/capability.h"
#include "sys/file.h"
#include "sys/port_reservation.h"

namespace minibox::test {
namespace {

using network::Attachment;
using network::NetworkKind;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(NetworkTest, SlotIsReadyForAnOrdinaryContainer) {
  Network net(config_);
  const Attachment attachment = net.acquire(NetworkKind::kBridge);
  EXPECT_EQ(attachment.ip, "10.213.0.2");
  const Inside inside(attachment.netns);
  EXPECT_EQ(sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start"), "0\n");
  EXPECT_EQ(sys::read_file("/proc/sys/net/ipv4/ping_group_range"), "0\t2147483647\n");
  const std::string addresses = run("ip -br address");
  EXPECT_THAT(addresses, HasSubstr("10.213.0.2/24"));
  EXPECT_THAT(addresses, HasSubstr("127.0.0.1/8"));
  EXPECT_THAT(addresses, Not(HasSubstr("fe80")));
  EXPECT_THAT(run("ip link show eth0"), HasSubstr("02:6d:0a:d5:00:02"));
  EXPECT_THAT(run("ip route"), HasSubstr("default via 10.213.0.1 dev eth0"));
  EXPECT_TRUE(ping(kGateway));
  EXPECT_TRUE(ping("127.0.0.1"));
}

TEST_F(NetworkTest, NoneHasLoopbackAndNothingElse) {
  Network net(config_);
  const Attachment attachment = net.acquire(NetworkKind::kNone);
  EXPECT_EQ(attachment.ip, "");
  EXPECT_THAT(our_links(), IsEmpty());  // not even a bridge on the host
  const Inside inside(attachment.netns);
  EXPECT_TRUE(ping("127.0.0.1"));
  EXPECT_EQ(run("ip route"), "");
}

// The same with frames of the bridge passing the host's IP rules (the default where br_netfilter is loaded) and
// without.
class PublishedPortTest : public NetworkTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(PublishedPortTest, IsReachableFromEverywhere) {
  constexpr const char* kBridgeNetfilter = "net/bridge/bridge-nf-call-iptables";
  if (!sys::has_net_sysctl(kBridgeNetfilter)) GTEST_SKIP() << "no br_netfilter";
  sys::set_net_sysctl(kBridgeNetfilter, GetParam());
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Attachment other = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(web.netns, 80);
  net.publish("web", web.ip, {port(8080, 80)});

  EXPECT_EQ(greet(outside_, kHost, 8080), "from 192.0.2.2");  // with its own address
  EXPECT_NE(greet(kHost, 8080), "");
  EXPECT_NE(greet("127.0.0.1", 8080), "");
  EXPECT_NE(greet(kGateway, 8080), "");
  EXPECT_NE(greet(web.netns, kHost, 8080), "");  // hairpin
  EXPECT_NE(greet(web.netns, kGateway, 8080), "");
  EXPECT_NE(greet(other.netns, kHost, 8080), "");
  EXPECT_NE(greet(other.netns, web.ip, 80), "");

  net.unpublish("web");
  EXPECT_TRUE(cut_off(outside_, kHost, 8080));
  EXPECT_TRUE(cut_off("127.0.0.1", 8080));
}

INSTANTIATE_TEST_SUITE_P(BridgeNetfilter, PublishedPortTest, ::testing::Values("0", "1"));

TEST_F(NetworkTest, HostAddressOfAPublishedPortIsHonoured) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(web.netns, 80);
  net.publish("web", web.ip, {port(8080, 80, "127.0.0.1"), port(8081, 80, kHost)});
  EXPECT_NE(greet("127.0.0.1", 8080), "");
  EXPECT_TRUE(cut_off(kHost, 8080));
  EXPECT_TRUE(cut_off(outside_, kHost, 8080));
  EXPECT_NE(greet(outside_, kHost, 8081), "");
  EXPECT_TRUE(cut_off("127.0.0.1", 8081));
}

// A neighbour routes a packet for 127.0.0.1, or for the container itself, to the host.
TEST_F(NetworkTest, NeighbourCantRouteAroundTheHostAddress) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(web.netns, 80);
  net.publish("web", web.ip, {port(8080, 80, "127.0.0.1")});
  EXPECT_TRUE(cut_off(outside_, web.ip, 80));
  {
    const Inside inside(outside_);
    sys::set_net_sysctl("net/ipv4/conf/eth0/route_localnet", "1");
    run("ip route delete local 127.0.0.1 dev lo table local; ip route delete local 127.0.0.0/8 dev lo table local;"
        "ip route add 127.0.0.0/8 via 192.0.2.1 dev eth0");
    EXPECT_TRUE(cut_off("127.0.0.1", 8080));
  }
  EXPECT_NE(greet("127.0.0.1", 8080), "");
}

TEST_F(NetworkTest, ContainerReachesTheWorldBehindTheHostsAddress) {
  Network net(config_);
  const Attachment attachment = net.acquire(NetworkKind::kBridge);
  const Greeter world(outside_, 7000);
  EXPECT_EQ(greet(attachment.netns, "192.0.2.2", 7000), "from 192.0.2.1");
}

TEST_F(NetworkTest, ContainerCantReachServicesOfTheHost) {
  Network net(config_);
  const Attachment attachment = net.acquire(NetworkKind::kBridge);
  const Greeter service(9000);
  EXPECT_NE(greet("127.0.0.1", 9000), "");
  const Inside inside(attachment.netns);
  EXPECT_TRUE(cut_off(kGateway, 9000));
  EXPECT_TRUE(cut_off(kHost, 9000));
  // CVE-2020-8558: a container with CAP_NET_ADMIN sends to 127.0.0.1 of the host.
  sys::set_net_sysctl("net/ipv4/conf/eth0/route_localnet", "1");
  run("ip route delete local 127.0.0.1 dev lo table local; ip route delete local 127.0.0.0/8 dev lo table local;"
      "ip route add 127.0.0.0/8 via 10.213.0.1 dev eth0");
  EXPECT_TRUE(cut_off("127.0.0.1", 9000));
}

TEST_F(NetworkTest, WorksBesideIptablesWithForwardDrop) {
  run("iptables-nft -P FORWARD DROP && iptables-nft -A FORWARD -s 203.0.113.0/24 -j ACCEPT");
  {
    Network net(config_);
    Attachment web = net.acquire(NetworkKind::kBridge);
    const Greeter greeter(web.netns, 80);
    const Greeter world(outside_, 7000);
    net.publish("web", web.ip, {port(8080, 80)});
    EXPECT_NE(greet(outside_, kHost, 8080), "");
    EXPECT_NE(greet(web.netns, kHost, 8080), "");
    EXPECT_NE(greet(web.netns, "192.0.2.2", 7000), "");
    net.release(std::move(web));
    net.warm_up();
    const std::string rules = run("iptables-nft -S FORWARD");  // still a table that iptables understands
    EXPECT_THAT(rules, HasSubstr("-A FORWARD -i mbtest0 -m comment --comment \"minibox:mbtest0\" -j ACCEPT"));
  }
  Network again(config_);  // after a crash
  again.warm_up();
  const std::string rules = run("iptables-nft -S FORWARD");
  EXPECT_EQ(rules.find("-i mbtest0"), rules.rfind("-i mbtest0")) << "not twice";
  EXPECT_TRUE(again.shutdown());
  EXPECT_EQ(run("iptables-nft -S FORWARD"), "-P FORWARD DROP\n-A FORWARD -s 203.0.113.0/24 -j ACCEPT\n");
}

TEST_F(NetworkTest, WorksBesideLegacyIptablesWithForwardDrop) {
  run("iptables-legacy -P FORWARD DROP && iptables-legacy -A FORWARD -s 203.0.113.0/24 -j ACCEPT");
  {
    Network net(config_);
    const Attachment web = net.acquire(NetworkKind::kBridge);
    const Greeter greeter(web.netns, 80);
    net.publish("web", web.ip, {port(8080, 80)});
    EXPECT_NE(greet(outside_, kHost, 8080), "");
    EXPECT_NE(greet(web.netns, kHost, 8080), "");
  }
  Network again(config_);
  again.warm_up();
  const std::string rules = run("iptables-legacy -S FORWARD");
  EXPECT_EQ(rules.find("-i mbtest0"), rules.rfind("-i mbtest0")) << "not twice";
  EXPECT_TRUE(again.shutdown());
  EXPECT_EQ(run("iptables-legacy -S FORWARD"), "-P FORWARD DROP\n-A FORWARD -s 203.0.113.0/24 -j ACCEPT\n");
}

// Other software may rely on it by then: docs/decisions/0009.
TEST_F(NetworkTest, ForwardingOfTheHostIsSwitchedOnAndLeftOn) {
  sys::set_net_sysctl("net/ipv4/ip_forward", "0");
  Network net(config_);
  net.release(net.acquire(NetworkKind::kBridge));
  EXPECT_EQ(sys::read_file("/proc/sys/net/ipv4/ip_forward"), "1\n");
  EXPECT_TRUE(net.shutdown());
  EXPECT_EQ(sys::read_file("/proc/sys/net/ipv4/ip_forward"), "1\n");
}

TEST_F(NetworkTest, OtherDroppingChainsAreReported) {
  run("nft 'table inet filter { chain forward { type filter hook forward priority 0; policy drop; }; }'");
  Network net(config_);
  net.adopt("web", "10.213.0.9", {});
  EXPECT_THAT(net.reconcile(), ::testing::ElementsAre(HasSubstr("chain 'inet filter forward'")));
}

TEST_F(NetworkTest, PortOfAnotherContainerIsRefused) {
  Network net(config_);
  const Attachment one = net.acquire(NetworkKind::kBridge);
  net.publish("one", one.ip, {port(8080, 80)});
  try {
    net.publish("two", "10.213.0.9", {port(8081, 80), port(8080, 80, "127.0.0.1")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExists);
    EXPECT_EQ(error.text(), "port 8080 on 127.0.0.1 is already in use");
    EXPECT_THAT(error.hint(), HasSubstr("container 'one'"));
    EXPECT_THAT(error.hint(), HasSubstr("'minibox ps'"));
  }
  const Greeter free(8081);  // nothing of the refused publication is held
  net.unpublish("one");
  EXPECT_NO_THROW(net.publish("two", "10.213.0.9", {port(8080, 80)}));
}

TEST_F(NetworkTest, PortOfAHostProgramIsRefusedAndTheOtherWayRound) {
  Network net(config_);
  const Attachment one = net.acquire(NetworkKind::kBridge);
  {
    const Greeter service(8080);
    try {
      net.publish("one", one.ip, {port(8080, 80)});
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kExists);
      EXPECT_EQ(error.text(), "port 8080 on 0.0.0.0 is already in use");
      EXPECT_THAT(error.hint(), HasSubstr("'ss -ltnp sport = :8080'"));
    }
    EXPECT_NE(greet("127.0.0.1", 8080), "");  // leaves a TIME_WAIT
  }
  net.publish("one", one.ip, {port(8080, 80)});
  const sys::Fd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(late.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(8080);
  const bool listens =
      ::bind(late.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 && ::listen(late.get(), 1) == 0;
  EXPECT_FALSE(listens);
}

TEST_F(NetworkTest, AddressThatIsNotOfThisHostIsInvalid) {
  Network net(config_);
  const Attachment one = net.acquire(NetworkKind::kBridge);
  try {
    net.publish("one", one.ip, {port(8080, 80, "198.51.100.7")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
  }
}

TEST_F(NetworkTest, FlushedRuleSetIsWrittenAgainWithTheNextPort) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(web.netns, 80);
  net.publish("web", web.ip, {port(8080, 80)});
  run("nft flush ruleset");
  net.publish("other", web.ip, {port(8081, 80)});
  EXPECT_NE(greet("127.0.0.1", 8080), "");
  EXPECT_NE(greet("127.0.0.1", 8081), "");
}

class FlushedTableTest : public NetworkTest, public ::testing::WithParamInterface<const char*> {};

// The table is still there.
TEST_P(FlushedTableTest, IsWrittenAgainBeforeTheNextContainer) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  wait_for_veths(3);
  net.publish("web", web.ip, {port(8080, 80)});
  const std::string before = run("nft list table ip minibox_mbtest0");
  run(GetParam());
  EXPECT_NE(run("nft list table ip minibox_mbtest0"), before);
  net.acquire(NetworkKind::kBridge);
  EXPECT_EQ(run("nft list table ip minibox_mbtest0"), before);
}

INSTANTIATE_TEST_SUITE_P(Ways, FlushedTableTest,
                         ::testing::Values("nft flush table ip minibox_mbtest0",
                                           "nft flush chain ip minibox_mbtest0 input",
                                           "nft insert rule ip minibox_mbtest0 input accept"));

// A published port of the older container, and services of the host that neither may reach.
TEST_F(NetworkTest, FlushedRuleSetIsWrittenAgainBeforeTheNextContainer) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(web.netns, 80);
  wait_for_veths(3);  // two are ready
  const Greeter service(9000);
  net.publish("web", web.ip, {port(8080, 80)});
  run("nft flush ruleset");
  EXPECT_NE(greet(web.netns, kGateway, 9000), "") << "flushed: nothing is closed";
  const Attachment other = net.acquire(NetworkKind::kBridge);
  for (const Attachment* container : {&web, &other}) {
    EXPECT_TRUE(cut_off(container->netns, kGateway, 9000));
    EXPECT_TRUE(cut_off(container->netns, kHost, 9000));
  }
  EXPECT_EQ(greet(outside_, kHost, 8080), "from 192.0.2.2");
  EXPECT_NE(greet(other.netns, kHost, 8080), "");
}

TEST_F(NetworkTest, DeletedBridgeIsMadeAgainWithItsContainersOnIt) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(web.netns, 80);
  net.publish("web", web.ip, {port(8080, 80)});
  wait_for_veths(3);
  run("ip link delete mbtest0");
  EXPECT_TRUE(cut_off(outside_, kHost, 8080));
  const Attachment other = net.acquire(NetworkKind::kBridge);
  EXPECT_EQ(greet(outside_, kHost, 8080), "from 192.0.2.2");
  EXPECT_NE(greet(web.netns, kHost, 8080), "") << "hairpin";
  EXPECT_NE(greet(other.netns, web.ip, 80), "");
}

// Until what iptables prints of FORWARD has our rules, or 10 s: the chain is looked after in the background.
bool forward_opens() {
  const std::int64_t deadline = monotonic_us() + 10'000'000;
  while (monotonic_us() < deadline) {
    if (run("iptables-nft -S FORWARD").find("-i mbtest0") != std::string::npos) return true;
  }
  return false;
}

TEST_F(NetworkTest, ForwardingIsOpenedAgainAfterTheHostsFirewallWasReloaded) {
  run("iptables-nft -P FORWARD DROP");
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Greeter world(outside_, 7000);
  wait_for_veths(3);
  run("nft flush ruleset && iptables-nft -P FORWARD DROP");
  const Attachment other = net.acquire(NetworkKind::kBridge);
  EXPECT_TRUE(forward_opens());
  EXPECT_EQ(greet(other.netns, "192.0.2.2", 7000), "from 192.0.2.1");
  EXPECT_EQ(greet(web.netns, "192.0.2.2", 7000), "from 192.0.2.1");
  run("iptables-nft -F FORWARD");  // our table is untouched
  net.acquire(NetworkKind::kBridge);
  EXPECT_TRUE(forward_opens());
  EXPECT_EQ(greet(web.netns, "192.0.2.2", 7000), "from 192.0.2.1");
}

// From here on the thread can't open what libnftables needs, which ends the program then.
void forbid_nftables_sockets() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(code), code};
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

// Reading thousands of rules would cost a start hundreds of milliseconds.
TEST_F(NetworkTest, ForeignRuleChangeDoesNotMakeAStartReadTheHostsRules) {
  run("iptables-nft -P FORWARD DROP");
  Network net(config_);
  const Attachment first = net.acquire(NetworkKind::kBridge);
  wait_for_veths(3);
  run("iptables-nft -F FORWARD");
  const Attachment second = net.acquire(NetworkKind::kBridge);  // the keeper's thread begins
  EXPECT_TRUE(forward_opens());
  run("iptables-nft -F FORWARD");
  std::string ip;
  std::thread([&] {
    forbid_nftables_sockets();
    ip = net.acquire(NetworkKind::kBridge).ip;
  }).join();
  EXPECT_NE(ip, "");
  EXPECT_TRUE(forward_opens());
}

// What a start costs when nobody has touched the rules: nothing is read or written again.
TEST_F(NetworkTest, OwnChangesOfTheRulesAreNotTakenForForeignOnes) {
  network::PortPublisher publisher(config_);
  publisher.ensure_table();
  publisher.publish("web", *network::Ipv4::parse("10.213.0.9"), {port(8080, 80), port(8081, 80, kHost)});
  EXPECT_FALSE(publisher.ensure_table());
  publisher.unpublish("web");
  EXPECT_FALSE(publisher.ensure_table());
  run("nft add table ip elsewhere");
  publisher.publish("web", *network::Ipv4::parse("10.213.0.9"), {port(8080, 80)});
  EXPECT_TRUE(publisher.ensure_table()) << "one of ours does not hide one of theirs";
  EXPECT_FALSE(publisher.ensure_table());
  run("nft flush table ip minibox_mbtest0");
  EXPECT_TRUE(publisher.ensure_table());
  EXPECT_FALSE(publisher.ensure_table()) << "our repair is no change of somebody else";
}

// The thread may not change rules for as long as it lives.
class WithoutNetAdmin {
 public:
  WithoutNetAdmin() : before_(sys::current_capabilities()) {
    sys::CapabilitySets less = before_;
    less.effective &= ~sys::capability_mask({"CAP_NET_ADMIN"});
    sys::set_capabilities(less);
  }
  ~WithoutNetAdmin() { sys::set_capabilities(before_); }

 private:
  const sys::CapabilitySets before_;
};

TEST_F(NetworkTest, PortsAreFreeAlsoWhenTheTableCantBeWrittenAndTheTableFollowsLater) {
  Network net(config_);
  Attachment web = net.acquire(NetworkKind::kBridge);
  wait_for_veths(3);
  net.publish("web", web.ip, {port(8080, 80), port(8081, 80)});
  {
    const WithoutNetAdmin powerless;
    EXPECT_THROW(net.unpublish("web"), Error);
  }
  EXPECT_EQ(count_published(), 2u);
  {
    const Greeter free(8081);
  }
  const Attachment other = net.acquire(NetworkKind::kBridge);
  EXPECT_EQ(count_published(), 0u) << "no container gets an address that a dead one's port leads to";
  EXPECT_NO_THROW(net.publish("other", other.ip, {port(8080, 80)}));
}

// A program that is being spawned has copies of all descriptors until it execs.
TEST_F(NetworkTest, PortIsFreeAtOnceWhoeverHasACopyOfTheReservation) {
  auto reservation = sys::try_reserve_port(0, 8080);
  ASSERT_TRUE(reservation);
  const sys::Fd copy = reservation->socket().duplicate();
  EXPECT_EQ(sys::try_reserve_port(0, 8080).has_value(), false);
  reservation.reset();
  const Greeter free(8080);
}

std::vector<network::PublishedPort> ports_from(std::uint16_t first, size_t count) {
  std::vector<network::PublishedPort> ports;
  const network::Ipv4 host = *network::Ipv4::parse(kHost);
  for (size_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(first + i);
    ports.push_back({i % 3 == 0 ? host : network::Ipv4{}, port, 80});
  }
  return ports;
}

TEST_F(NetworkTest, AsManyPortsAsAllowedArePublishedAndTakenBack) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;  // each port is a descriptor
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  Network net(config_);
  const Attachment many = net.acquire(NetworkKind::kBridge);
  const Attachment one = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(many.netns, 80);
  const Greeter other(one.netns, 80);
  net.publish("many", many.ip, ports_from(20000, kMaxPublishedPorts));
  net.publish("one", one.ip, {port(8080, 80)});
  EXPECT_EQ(count_published(), kMaxPublishedPorts + 1);
  EXPECT_NE(greet(outside_, kHost, 20000), "");
  EXPECT_NE(greet(outside_, kHost, 20000 + kMaxPublishedPorts - 1), "");
  EXPECT_NE(greet(outside_, kHost, 8080), "");
  net.unpublish("many");
  EXPECT_EQ(count_published(), 1u);
  EXPECT_NE(greet(outside_, kHost, 8080), "");
  net.unpublish("one");
  EXPECT_EQ(count_published(), 0u);
}

// Had each element an answer of its own, the answers would overflow the socket.
TEST_F(NetworkTest, KernelAnswersABatchOfThousandElements) {
  Network net(config_);
  net.acquire(NetworkKind::kBridge);
  std::vector<sys::NftElement> elements;
  for (const network::PublishedPort& port : ports_from(20000, kMaxPublishedPorts))
    elements.push_back(network::map_element({port, *network::Ipv4::parse("10.213.0.9")}));
  sys::NftSocket socket;
  EXPECT_TRUE(socket.apply("minibox_mbtest0", sys::NftSocket::Change::kAdd, elements));
  EXPECT_EQ(count_published(), kMaxPublishedPorts);
  elements.front().data.back() ^= 1;
  EXPECT_FALSE(socket.apply("minibox_mbtest0", sys::NftSocket::Change::kAdd, elements)) << "there with other data";
  EXPECT_TRUE(socket.apply("minibox_mbtest0", sys::NftSocket::Change::kRemove, elements));
  EXPECT_EQ(count_published(), 0u);
  EXPECT_FALSE(socket.apply("minibox_mbtest0", sys::NftSocket::Change::kRemove, elements)) << "all are gone";
  EXPECT_FALSE(socket.apply("minibox_elsewhere", sys::NftSocket::Change::kAdd, elements)) << "no such table";
}

TEST_F(NetworkTest, ElementThatNobodyOwnsGivesWay) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  const Greeter greeter(web.netns, 80);
  run("nft add element ip minibox_mbtest0 published_any '{ 8080 : 10.213.0.99 . 80 }'");
  net.publish("web", web.ip, {port(8080, 80)});
  EXPECT_NE(greet(outside_, kHost, 8080), "");
  EXPECT_EQ(count_published(), 1u);
}

TEST_F(NetworkTest, ElementThatSomebodyRemovedIsNoObstacle) {
  Network net(config_);
  const Attachment web = net.acquire(NetworkKind::kBridge);
  net.publish("web", web.ip, {port(8080, 80), port(8081, 80, kHost)});
  net.publish("other", web.ip, {port(8082, 80)});
  run("nft delete element ip minibox_mbtest0 published_any '{ 8080 }'");
  net.unpublish("web");
  EXPECT_EQ(count_published(), 1u);
  const Greeter free(8081);
}

}  // namespace
}  // namespace minibox::test
