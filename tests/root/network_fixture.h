// A small world of network namespaces of the test's own: the thread runs in "host", which a veth joins with "outside"
// (a neighbour on the LAN). Nothing reaches the network of the machine.
//
//   outside 192.0.2.2 ---- 192.0.2.1 host [bridge mbtest0 10.213.0.1] ---- containers 10.213.0.N
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "network/network.h"
#include "sys/net_namespace.h"

namespace minibox::test {

inline constexpr const char* kHost = "192.0.2.1";
inline constexpr const char* kGateway = "10.213.0.1";

// While it lives, the thread is in `netns`.
class Inside {
 public:
  explicit Inside(const sys::Fd& netns);
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  sys::Fd home_;
};

// Answers each connection with "from <address of the caller>", in the namespace of the thread that makes it.
class Greeter {
 public:
  explicit Greeter(std::uint16_t port);
  Greeter(const sys::Fd& netns, std::uint16_t port);  // in that namespace instead
  ~Greeter();

 private:
  void listen(std::uint16_t port);
  void serve();
  sys::Fd listener_;
  std::thread thread_;
};

// What a greeter says, or "" when there is no connection within some seconds. In the caller's namespace, or `netns`.
std::string greet(const std::string& address, std::uint16_t port, int seconds = 5);
std::string greet(const sys::Fd& netns, const std::string& address, std::uint16_t port, int seconds = 5);
// No connection within one second.
inline bool cut_off(const std::string& address, std::uint16_t port) {
  return greet(address, port, 1).empty();
}
inline bool cut_off(const sys::Fd& netns, const std::string& address, std::uint16_t port) {
  return greet(netns, address, port, 1).empty();
}

bool ping(const std::string& address);           // one ICMP echo, from the caller's namespace
std::string run(const std::string& command);     // output; a failing command fails the test
std::vector<std::string> our_links();            // names of bridge and veths of ours in the caller's namespace
std::vector<std::string> links_after_cleanup();  // the same, once the kernel has destroyed dying ones (or after 5 s)

// Until bridge and `veths` are there (or 5 s): the pool has filled up and does nothing more behind a test's back.
void wait_for_veths(size_t veths);

// What goes wrong in the background fails the test.
struct Network : network::Network {
  explicit Network(const network::Config& config)
      : network::Network(config, [](const std::string& text) { ADD_FAILURE() << text; }) {}
};

class NetworkTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  size_t count_published() const;  // elements in the maps of our table

  network::PublishedPort port(std::uint16_t host, std::uint16_t container, const char* address = "0.0.0.0") const;

  std::optional<sys::NetNamespaceScope> host_;
  sys::Fd outside_;
  network::Config config_;
};

}  // namespace minibox::test
