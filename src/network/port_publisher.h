// Published ports: who has which, the reservation on the host, and the elements in the maps of our nftables table. The
// table is the daemon's only one; a port is one element, so publishing costs microseconds however many there are.
//
// Lifecycle: ensure_table() writes the table (with what is published so far), publish()/unpublish() change it,
// remove_table() ends it. adopt() only records, for use before ensure_table(). Any thread.
//
// The records here decide what the kernel should hold. A change that the kernel does not take as it is, for whatever
// reason, ends with the whole table written anew from them; when that fails too, the next call of ensure_table() does
// it, before another container gets an address that the table may still lead to.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "network/config.h"
#include "network/network_plan.h"
#include "sys/nft_socket.h"
#include "sys/port_reservation.h"

namespace minibox::network {

class PortPublisher {
 public:
  explicit PortPublisher(const Config& config) : config_(config) {}

  // Writes the table unless its rules are there as they were written: in one transaction, so that connections of
  // running containers meet no gap. Costs about 10 us when nobody has changed any rule of the host since the last call,
  // and some 30 when somebody has; true then.
  bool ensure_table();
  void remove_table();

  // All of `ports` or none. kExists when another container or a program of the host has one of them.
  void publish(const std::string& id, Ipv4 container, const std::vector<PublishedPort>& ports);
  // Unknown ids are fine. The ports are free in any case; the error says that the table could not be written yet.
  void unpublish(const std::string& id);

  // A container found running. A port that a program of the host took meanwhile is published all the same (the
  // container had it first); the returned texts say so.
  std::vector<std::string> adopt(const std::string& id, Ipv4 container, const std::vector<PublishedPort>& ports);

 private:
  struct Owner {
    std::vector<Publication> publications;
    std::vector<sys::PortReservation> reservations;
  };

  void check_free(const std::string& id, const std::vector<PublishedPort>& ports) const;
  std::vector<Publication> all() const;
  void write_table();
  void apply(const Owner& owner, sys::NftSocket::Change change);
  bool try_apply(const Owner& owner, sys::NftSocket::Change change);

  const Config config_;
  mutable std::mutex mutex_;
  sys::NftSocket socket_;
  bool stale_ = true;             // the kernel may hold something else than the records say
  std::string rules_;             // of our table as written; empty: not known
  std::uint32_t generation_ = 0;  // of the rule set as last looked at, with our own changes since
  std::map<std::string, Owner> owners_;
};

}  // namespace minibox::network
