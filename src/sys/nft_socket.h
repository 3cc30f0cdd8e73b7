// nftables' hot path through raw nfnetlink (libmnl, libnftnl): elements of maps, about 1.5 us each against 35 through
// libnftables, and questions that take about 10 us each. A socket belongs to the network namespace that the thread was
// in when it made it. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct mnl_socket;
struct nlmsghdr;

namespace minibox::sys {

struct NftElement {
  std::string map;
  std::string key;   // as the kernel stores it: network byte order, each part padded to four bytes
  std::string data;  // not looked at when the element is removed
};

class NftSocket {
 public:
  enum class Change { kAdd, kRemove };

  NftSocket();

  // All elements, in maps of `ip <table>`, or none, however many there are. False when the kernel refused (the table
  // was flushed, an element is missing, or is there with other data) or its answer was lost, after which nobody knows:
  // the caller writes the table anew with run_nft(), which also tells a refusal's reason. Throws when nothing could be
  // sent.
  bool apply(const std::string& table, Change change, const std::vector<NftElement>& elements);

  // Both throw when the kernel does not say.
  // What the kernel holds as rules of `ip <table>`, handles included, to compare with what it held before; "" when
  // there are none, or no such table. Costs by the size of this table only, whatever else the rule set has.
  std::string rules(const std::string& table);
  // Of the namespace's whole rule set: one more with each transaction that changed something, whoever made it.
  std::uint32_t generation();

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const;
  };
  using Socket = std::unique_ptr<mnl_socket, Closer>;
  static Socket open();

  using Visit = std::function<void(const nlmsghdr* answer, int error)>;  // an errno, 0 for success

  void send(const std::string& messages);
  size_t receive(unsigned first, size_t count, const Visit& visit);
  void ask(const std::string& question, const Visit& visit);
  // False when the rule set changed meanwhile: what was visited may be incomplete.
  bool dump(const std::string& question, const Visit& visit);

  Socket socket_;
  unsigned sequence_ = 0;
};

}  // namespace minibox::sys
