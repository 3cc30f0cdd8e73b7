// The addresses of one subnet. Next-fit: an address that was just given back is handed out again only after all the
// others, so that late packets for its last owner do not meet the next one. Any thread.
#pragma once

#include <mutex>
#include <set>
#include <vector>

#include "network/subnet.h"

namespace minibox::network {

class Ipam {
 public:
  explicit Ipam(const Subnet& subnet) : subnet_(subnet), next_(subnet.first_container()) {}

  Ipv4 acquire();              // kExhausted when all are taken
  void adopt(Ipv4 address);    // kConflict when it is taken or is no container address of the subnet
  void release(Ipv4 address);  // absent is fine
  bool taken(Ipv4 address) const;
  std::vector<Ipv4> list() const;
  size_t count() const;

 private:
  const Subnet subnet_;
  mutable std::mutex mutex_;
  std::set<Ipv4> taken_;
  Ipv4 next_;
};

}  // namespace minibox::network
