// Published ports: who has which, the reservation on the host, and the elements in the maps of our nftables table. The
// table is the daemon's only one; a port is one element, so publishing costs microseconds however many there are.
//
// Lifecycle: set_up() writes the table (with what is published so far), publish()/unpublish() change it, remove_table()
// ends it. adopt() only records, for use before set_up(). Any thread.
//
// The records here decide what the kernel should hold. A change that the kernel does not take as it is, for whatever
// reason, ends with the whole table written anew from them: the two never stay apart.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "network/config.h"
#include "network/network_plan.h"
#include "sys/fd.h"
#include "sys/nft_socket.h"

namespace minibox::network {

class PortPublisher {
 public:
  explicit PortPublisher(const Config& config) : config_(config) {}

  void set_up();     // replaces the table in one transaction: no gap for connections of running containers
  bool is_set_up();  // false when somebody has flushed the rule set

  // Whether somebody else has changed any rule of the host since the last note_rules(); about 10 us. Note first, then
  // look at the rules: a change in between is found the next time.
  bool rules_changed();
  void note_rules();
  void remove_table();

  // All of `ports` or none. kExists when another container or a program of the host has one of them.
  void publish(const std::string& id, Ipv4 container, const std::vector<PublishedPort>& ports);
  void unpublish(const std::string& id);  // unknown ids are fine

  // A container found running. A port that a program of the host took meanwhile is published all the same (the
  // container had it first); the returned texts say so.
  std::vector<std::string> adopt(const std::string& id, Ipv4 container, const std::vector<PublishedPort>& ports);

 private:
  struct Owner {
    std::vector<Publication> publications;
    std::vector<sys::Fd> reservations;
  };

  void check_free(const std::string& id, const std::vector<PublishedPort>& ports) const;
  std::vector<Publication> all() const;
  void write_table();
  void count_own_change();
  bool try_apply(const Owner& owner, sys::NftSocket::Change change);

  const Config config_;
  mutable std::mutex mutex_;
  sys::NftSocket socket_;
  std::uint32_t generation_ = 0;  // of the rule set, with our own changes since note_rules()
  std::map<std::string, Owner> owners_;
};

}  // namespace minibox::network
