#include "network/port_publisher.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "sys/nft_ruleset.h"

namespace minibox::network {
namespace {

Error in_use(const PublishedPort& port, std::string hint) {
  return Error(ErrorKind::kExists,
               "port " + std::to_string(port.host_port) + " on " + port.address.print() + " is already in use")
      .with_hint(std::move(hint));
}

std::optional<sys::PortReservation> try_reserve(const PublishedPort& port) {
  try {
    return sys::try_reserve_port(port.address.value, port.host_port);
  } catch (Error& error) {
    if (error.errno_value() == EADDRNOTAVAIL) {
      error.with_kind(ErrorKind::kInvalid).with_hint("publish on an address of this host, or on 0.0.0.0 for all");
    }
    error.add_context("publish port " + std::to_string(port.host_port) + " on " + port.address.print());
    throw;
  }
}

}  // namespace

bool PortPublisher::ensure_table() {
  const std::scoped_lock lock(mutex_);
  const std::uint32_t generation = socket_.generation();
  const bool foreign = generation != generation_;
  if (!foreign && !stale_) return false;
  // Noted first, then looked: a change in between is found the next time.
  generation_ = generation;
  if (stale_ || rules_.empty() || socket_.rules(table_name(config_)) != rules_) write_table();
  return foreign;
}

void PortPublisher::remove_table() {
  const std::scoped_lock lock(mutex_);
  stale_ = true;
  sys::run_nft(delete_table_script(config_));
}

void PortPublisher::publish(const std::string& id, Ipv4 container, const std::vector<PublishedPort>& ports) {
  if (ports.empty()) return;
  const std::scoped_lock lock(mutex_);
  check_free(id, ports);
  Owner owner;
  for (const PublishedPort& port : ports) {
    std::optional<sys::PortReservation> reservation = try_reserve(port);
    if (!reservation) {
      throw in_use(port, "a program of this host has it, see 'ss -ltnp sport = :" + std::to_string(port.host_port) +
                             "'; choose another host port");
    }
    owner.publications.push_back({port, container});
    owner.reservations.push_back(std::move(*reservation));
  }
  const auto added = owners_.emplace(id, std::move(owner)).first;
  Undo undo;
  undo.push([&] { owners_.erase(added); });
  apply(added->second, sys::NftSocket::Change::kAdd);
  undo.commit();
}

void PortPublisher::unpublish(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  const auto found = owners_.find(id);
  if (found == owners_.end()) return;
  const auto removed = owners_.extract(found);
  apply(removed.mapped(), sys::NftSocket::Change::kRemove);
}

std::vector<std::string> PortPublisher::adopt(const std::string& id, Ipv4 container,
                                              const std::vector<PublishedPort>& ports) {
  const std::scoped_lock lock(mutex_);
  check_free(id, ports);
  std::vector<std::string> warnings;
  Owner owner;
  for (const PublishedPort& port : ports) {
    owner.publications.push_back({port, container});
    if (std::optional<sys::PortReservation> reservation = try_reserve(port)) {
      owner.reservations.push_back(std::move(*reservation));
    } else {
      warnings.push_back(in_use(port, "").text() +
                         " by a program of this host, which gets no connections while container '" + id +
                         "' publishes it");
    }
  }
  if (!ports.empty()) {
    owners_.emplace(id, std::move(owner));
    stale_ = true;
  }
  return warnings;
}

void PortPublisher::check_free(const std::string& id, const std::vector<PublishedPort>& ports) const {
  if (owners_.contains(id))
    throw Error(ErrorKind::kConflict, "ports of container " + quote(id) + " are published already");
  for (const auto& [other, owner] : owners_) {
    for (const Publication& publication : owner.publications) {
      for (const PublishedPort& port : ports) {
        if (collide(publication.port, port)) {
          throw in_use(port,
                       "container '" + other + "' publishes it, see 'minibox ps'; stop it or choose another host port");
        }
      }
    }
  }
}

std::vector<Publication> PortPublisher::all() const {
  std::vector<Publication> publications;
  for (const auto& [id, owner] : owners_) {
    publications.insert(publications.end(), owner.publications.begin(), owner.publications.end());
  }
  return publications;
}

void PortPublisher::write_table() {
  stale_ = true;
  rules_.clear();
  const std::uint32_t before = socket_.generation();
  sys::run_nft(table_script(config_, all()));
  stale_ = false;
  std::string rules = socket_.rules(table_name(config_));
  // One transaction of ours is one generation. Any more and somebody else has been there: what we read may be his, and
  // the next look finds another generation.
  if (socket_.generation() != before + 1) return;
  rules_ = std::move(rules);
  if (before == generation_) ++generation_;
}

void PortPublisher::apply(const Owner& owner, sys::NftSocket::Change change) {
  const bool whole = std::exchange(stale_, true);
  if (whole || !try_apply(owner, change)) write_table();
  stale_ = false;
}

bool PortPublisher::try_apply(const Owner& owner, sys::NftSocket::Change change) {
  std::vector<sys::NftElement> elements;
  for (const Publication& publication : owner.publications) elements.push_back(map_element(publication));
  if (!socket_.apply(table_name(config_), change, elements)) return false;
  if (socket_.generation() == generation_ + 1) ++generation_;
  return true;
}

}  // namespace minibox::network
