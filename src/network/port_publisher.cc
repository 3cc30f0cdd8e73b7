#include "network/port_publisher.h"

#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "sys/nft_ruleset.h"
#include "sys/port_reservation.h"

namespace minibox::network {
namespace {

Error in_use(const PublishedPort& port, std::string hint) {
  return Error(ErrorKind::kExists,
               "port " + std::to_string(port.host_port) + " on " + port.address.print() + " is already in use")
      .with_hint(std::move(hint));
}

std::optional<sys::Fd> try_reserve(const PublishedPort& port) {
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

void PortPublisher::set_up() {
  const std::scoped_lock lock(mutex_);
  write_table();
}

bool PortPublisher::is_set_up() {
  const std::scoped_lock lock(mutex_);
  return socket_.has_table(table_name(config_));
}

bool PortPublisher::rules_changed() {
  const std::scoped_lock lock(mutex_);
  return socket_.generation() != generation_;
}

void PortPublisher::note_rules() {
  const std::scoped_lock lock(mutex_);
  generation_ = socket_.generation();
}

void PortPublisher::remove_table() {
  const std::scoped_lock lock(mutex_);
  sys::run_nft(delete_table_script(config_));
}

void PortPublisher::publish(const std::string& id, Ipv4 container, const std::vector<PublishedPort>& ports) {
  if (ports.empty()) return;
  const std::scoped_lock lock(mutex_);
  check_free(id, ports);
  Owner owner;
  for (const PublishedPort& port : ports) {
    std::optional<sys::Fd> reservation = try_reserve(port);
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
  if (!try_apply(added->second, sys::NftSocket::Change::kAdd)) write_table();
  undo.commit();
}

void PortPublisher::unpublish(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  const auto found = owners_.find(id);
  if (found == owners_.end()) return;
  auto removed = owners_.extract(found);
  Undo undo;
  undo.push([&] { owners_.insert(std::move(removed)); });
  if (!try_apply(removed.mapped(), sys::NftSocket::Change::kRemove)) write_table();
  undo.commit();
}

std::vector<std::string> PortPublisher::adopt(const std::string& id, Ipv4 container,
                                              const std::vector<PublishedPort>& ports) {
  const std::scoped_lock lock(mutex_);
  check_free(id, ports);
  std::vector<std::string> warnings;
  Owner owner;
  for (const PublishedPort& port : ports) {
    owner.publications.push_back({port, container});
    if (std::optional<sys::Fd> reservation = try_reserve(port)) {
      owner.reservations.push_back(std::move(*reservation));
    } else {
      warnings.push_back(in_use(port, "").text() +
                         " by a program of this host, which gets no connections while container '" + id +
                         "' publishes it");
    }
  }
  if (!ports.empty()) owners_.emplace(id, std::move(owner));
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
  sys::run_nft(table_script(config_, all()));
  count_own_change();
}

// One transaction of ours is one generation. Any more and somebody else has been there, which rules_changed() will
// tell.
void PortPublisher::count_own_change() {
  if (socket_.generation() == generation_ + 1) ++generation_;
}

bool PortPublisher::try_apply(const Owner& owner, sys::NftSocket::Change change) {
  std::vector<sys::NftElement> elements;
  for (const Publication& publication : owner.publications) elements.push_back(map_element(publication));
  if (!socket_.apply(table_name(config_), change, elements)) return false;
  count_own_change();
  return true;
}

}  // namespace minibox::network
