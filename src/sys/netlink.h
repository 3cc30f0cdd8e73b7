// Links, addresses and routes through rtnetlink(7), batched: all messages of a batch go to the kernel in one system
// call, which works through them in order. By libmnl rather than libnl-route: the peer, slave data and aliases
// that a container's veth needs in one go are attributes libnl has no setters for.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.h"

struct mnl_socket;
struct nlmsghdr;

namespace minibox::sys {

using MacAddress = std::array<std::uint8_t, 6>;

struct VethPair {
  std::string host_name;
  std::string peer_name;
  MacAddress peer_mac{};
  unsigned master = 0;  // index of the bridge that the host end joins
};

class RouteBatch {
 public:
  void create_bridge(const std::string& name, const MacAddress& mac);
  // The host end is up. The peer is born inside `peer_namespace`: moving it there afterwards would cost 16 ms (RCU).
  void create_veth(const VethPair& pair, const Fd& peer_namespace);
  void set_alias(const std::string& name, const std::string& alias);
  void join_bridge(const std::string& name, unsigned master);  // absent is fine
  // For a port of a bridge, absent is fine: its own frames may return through it, which a container needs to reach its
  // published port.
  void set_hairpin(const std::string& name);
  void set_up(const std::string& name);
  // The end of a veth that was up first learns of its carrier from a kernel worker and drops what is sent until then,
  // which costs a first packet its second of retransmission. A query makes the kernel catch up (Linux 6.8 and later).
  void sync_carrier(const std::string& name);
  void add_address(unsigned index, std::uint32_t address, unsigned prefix);  // IPv4, host byte order; present is fine
  void add_default_route(std::uint32_t gateway, unsigned index);
  void delete_link(const std::string& name);  // absent is fine

 private:
  friend class RouteSocket;
  struct Step {
    std::string call;
    int tolerated_errno;
  };
  nlmsghdr* begin(std::string call, std::uint16_t type, std::uint16_t flags, int tolerated_errno = 0);
  nlmsghdr* begin_link(std::string call, const std::string& name, std::uint16_t type, std::uint16_t flags,
                       bool up = false, int tolerated_errno = 0);
  void end(const nlmsghdr* message);

  std::vector<Step> steps_;
  alignas(8) std::array<char, 8192> buffer_;
  size_t size_ = 0;
};

struct Link {
  unsigned index = 0;
  std::string name;
  std::string alias;
};

struct LinkAddress {
  unsigned index = 0;
  std::uint32_t address = 0;  // host byte order
  unsigned prefix = 0;
};

// A socket bound to the network namespace that the thread was in when it made it. One thread at a time.
class RouteSocket {
 public:
  RouteSocket();
  ~RouteSocket();
  RouteSocket(const RouteSocket&) = delete;
  RouteSocket& operator=(const RouteSocket&) = delete;

  void run(const RouteBatch& batch);  // throws the first failure, naming call, arguments and the kernel's own remark
  // kUnavailable when the list never stands still long enough to be read.
  std::vector<Link> list_links();
  std::vector<LinkAddress> list_addresses();

 private:
  using Callback = void (*)(const nlmsghdr*, void*);
  // False when the kernel's list changed meanwhile: what the callback saw may be incomplete.
  bool dump(std::uint16_t type, unsigned char family, Callback callback, void* data);

  mnl_socket* socket_;
  unsigned sequence_ = 0;
};

// Of the calling thread's namespace; 0 when there is none.
unsigned link_index(const std::string& name);

}  // namespace minibox::sys
