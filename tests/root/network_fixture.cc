#include "network_fixture.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sys/file.h"
#include "sys/netlink.h"

namespace minibox::test {
namespace {

sockaddr_in name_of(const std::string& address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET, address.c_str(), &name.sin_addr), 1);
  return name;
}

sys::Fd make_socket(int type, int protocol, int seconds) {
  sys::Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, protocol));
  EXPECT_TRUE(socket.valid());
  const timeval timeout{seconds, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  return socket;
}

}  // namespace

Inside::Inside(const sys::Fd& netns) : home_(sys::current_net_namespace()) {
  EXPECT_EQ(::setns(netns.get(), CLONE_NEWNET), 0);
}

Inside::~Inside() {
  EXPECT_EQ(::setns(home_.get(), CLONE_NEWNET), 0);
}

Greeter::Greeter(std::uint16_t port) {
  listen(port);
}

Greeter::Greeter(const sys::Fd& netns, std::uint16_t port) {
  const Inside inside(netns);
  listen(port);
}

void Greeter::listen(std::uint16_t port) {
  listener_ = sys::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in name = name_of("0.0.0.0", port);
  ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0) << port;
  ASSERT_EQ(::listen(listener_.get(), 16), 0) << port;
  thread_ = std::thread([this] { serve(); });
}

Greeter::~Greeter() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // wakes accept()
  if (thread_.joinable()) thread_.join();
}

void Greeter::serve() {
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  while (true) {
    const sys::Fd connection(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
    if (!connection) return;
    const std::string text = std::string("from ") + ::inet_ntoa(peer.sin_addr);
    EXPECT_EQ(::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
}

std::string greet(const std::string& address, std::uint16_t port, int seconds) {
  const sys::Fd socket = make_socket(SOCK_STREAM, 0, seconds);
  const sockaddr_in name = name_of(address, port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return "";
  char text[64];
  const ssize_t got = ::recv(socket.get(), text, sizeof text, 0);
  return got > 0 ? std::string(text, static_cast<size_t>(got)) : "";
}

std::string greet(const sys::Fd& netns, const std::string& address, std::uint16_t port, int seconds) {
  const Inside inside(netns);
  return greet(address, port, seconds);
}

bool ping(const std::string& address) {
  const sys::Fd socket = make_socket(SOCK_DGRAM, IPPROTO_ICMP, 5);
  const sockaddr_in name = name_of(address, 0);
  icmphdr echo{};
  echo.type = ICMP_ECHO;
  if (::sendto(socket.get(), &echo, sizeof echo, 0, reinterpret_cast<const sockaddr*>(&name), sizeof name) < 0)
    return false;
  return ::recv(socket.get(), &echo, sizeof echo, 0) > 0 && echo.type == ICMP_ECHOREPLY;
}

std::string run(const std::string& command) {
  sys::Pipe pipe = sys::make_pipe();
  const std::string script = "exec 2>&1; " + command;
  const char* const argv[] = {"sh", "-c", script.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe.write.get(), STDOUT_FILENO);
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, "/bin/sh", &actions, nullptr, const_cast<char* const*>(argv), environ), 0) << command;
  ::posix_spawn_file_actions_destroy(&actions);
  pipe.write.reset();
  const std::string output = sys::read_all(pipe.read, 1u << 20, command);
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0) << command << ": " << output;
  return output;
}

std::vector<std::string> our_links() {
  std::vector<std::string> names;
  for (const sys::Link& link : sys::RouteSocket().list_links()) {
    if (link.alias.starts_with("minibox:") || link.name.starts_with("mbx")) names.push_back(link.name);
  }
  return names;
}

std::vector<std::string> links_after_cleanup() {
  const sys::Fd news(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl name{};
  name.nl_family = AF_NETLINK;
  name.nl_groups = RTMGRP_LINK;
  EXPECT_EQ(::bind(news.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  const std::int64_t deadline = monotonic_us() + 5'000'000;
  std::vector<std::string> names = our_links();
  while (!names.empty() && monotonic_us() < deadline) {
    pollfd wait{news.get(), POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>((deadline - monotonic_us()) / 1000));
    char buffer[16384];
    while (::recv(news.get(), buffer, sizeof buffer, 0) > 0) {
    }
    names = our_links();
  }
  return names;
}

void wait_for_veths(size_t veths) {
  const std::int64_t deadline = monotonic_us() + 5'000'000;
  while (our_links().size() != veths + 1 && monotonic_us() < deadline) std::this_thread::yield();
  EXPECT_EQ(our_links().size(), veths + 1);
}

void NetworkTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  config_.bridge = "mbtest0";
  config_.subnet = network::Subnet::parse("10.213.0.0/24");
  host_.emplace(sys::NetNamespaceScope::create());
  sys::RouteSocket host;
  sys::RouteBatch here;
  here.set_up("lo");
  const sys::NetNamespaceScope inside = sys::NetNamespaceScope::create();
  outside_ = sys::current_net_namespace();
  sys::RouteBatch pair;
  pair.create_veth({"uplink", "eth0", {2, 0, 0, 0, 0, 2}, 0}, outside_);
  host.run(pair);
  const auto address = [](const char* text) { return network::Ipv4::parse(text)->value; };
  sys::RouteBatch there;
  there.set_up("lo");
  there.set_up("eth0");
  there.add_address(sys::link_index("eth0"), address("192.0.2.2"), 24);
  there.add_default_route(address(kHost), sys::link_index("eth0"));
  sys::RouteSocket().run(there);
  unsigned uplink = 0;
  for (const sys::Link& link : host.list_links()) {
    if (link.name == "uplink") uplink = link.index;
  }
  here.add_address(uplink, address(kHost), 24);
  here.sync_carrier("uplink");
  host.run(here);
}

void NetworkTest::TearDown() {
  host_.reset();
}

size_t NetworkTest::count_published() const {
  const std::string count =
      run("nft -j list table ip minibox_mbtest0 | jq '[.nftables[].map.elem // [] | length] | add'");
  return std::stoul(count);
}

network::PublishedPort NetworkTest::port(std::uint16_t host, std::uint16_t container, const char* address) const {
  return {*network::Ipv4::parse(address), host, container};
}

}  // namespace minibox::test
