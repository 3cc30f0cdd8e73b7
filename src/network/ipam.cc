#include "network/ipam.h"

#include "base/error.h"

namespace minibox::network {

Ipv4 Ipam::acquire() {
  const std::scoped_lock lock(mutex_);
  const size_t capacity = subnet_.last_container().value - subnet_.first_container().value + 1;
  if (taken_.size() >= capacity) {
    throw Error(ErrorKind::kExhausted, "no free address in subnet " + subnet_.print())
        .with_hint("remove containers, or start the daemon with a larger network in MINIBOX_SUBNET");
  }
  // Ends: at least one address is free.
  while (true) {
    const Ipv4 candidate = next_;
    next_ = candidate == subnet_.last_container() ? subnet_.first_container() : Ipv4{candidate.value + 1};
    if (taken_.insert(candidate).second) return candidate;
  }
}

void Ipam::adopt(Ipv4 address) {
  const std::scoped_lock lock(mutex_);
  if (!subnet_.is_container_address(address)) {
    throw Error(ErrorKind::kConflict, "address " + address.print() + " is not in subnet " + subnet_.print())
        .with_hint("the container was started with another MINIBOX_SUBNET: stop it, or set the old value again");
  }
  if (!taken_.insert(address).second) {
    throw Error(ErrorKind::kConflict, "address " + address.print() + " has an owner already");
  }
}

void Ipam::release(Ipv4 address) {
  const std::scoped_lock lock(mutex_);
  taken_.erase(address);
}

bool Ipam::taken(Ipv4 address) const {
  const std::scoped_lock lock(mutex_);
  return taken_.contains(address);
}

std::vector<Ipv4> Ipam::list() const {
  const std::scoped_lock lock(mutex_);
  return {taken_.begin(), taken_.end()};
}

size_t Ipam::count() const {
  const std::scoped_lock lock(mutex_);
  return taken_.size();
}

}  // namespace minibox::network
