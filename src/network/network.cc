#include "network/network.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/undo.h"
#include "network/bridge.h"
#include "network/host_firewall.h"

namespace minibox::network {
namespace {

Ipv4 parse_ip(const std::string& ip) {
  const std::optional<Ipv4> address = Ipv4::parse(ip);
  if (!address) throw Error(ErrorKind::kInternal, quote(ip) + " is no address of a container");
  return *address;
}

}  // namespace

NetworkKind parse_network_kind(std::string_view text) {
  if (text.empty() || text == "bridge") return NetworkKind::kBridge;
  if (text == "none") return NetworkKind::kNone;
  throw Error(ErrorKind::kInvalid, "unknown network " + quote(text)).with_hint("the networks are 'bridge' and 'none'");
}

Network::Network(const Config& config, ForwardKeeper::Warn warn)
    : config_(config),
      ipam_(config.subnet),
      publisher_(config),
      forward_(config, std::move(warn)),
      isolated_slots_(make_isolated_slot, [](Slot) {}),
      bridge_slots_([this] { return make_bridge_slot(); },
                    [this](Slot slot) {
                      slot.netns.reset();
                      if (slot.address) ipam_.release(*slot.address);
                    }) {
  check_bridge_name(config_.bridge);
}

Network::~Network() = default;

Attachment Network::acquire(NetworkKind kind) {
  Attachment attachment;
  if (kind == NetworkKind::kNone) {
    attachment.netns = isolated_slots_.acquire().netns;
    return attachment;
  }
  ensure_bridge();  // for the slots that are ready: no container is handed out while the table is gone
  Slot slot = bridge_slots_.acquire();
  attachment.netns = std::move(slot.netns);
  attachment.ip = slot.address->print();
  return attachment;
}

void Network::release(Attachment attachment) {
  Slot slot;
  slot.netns = std::move(attachment.netns);
  if (attachment.ip.empty()) {
    if (slot.netns) isolated_slots_.discard(std::move(slot));
    return;
  }
  slot.address = parse_ip(attachment.ip);
  bridge_slots_.discard(std::move(slot));
}

void Network::publish(const std::string& id, const std::string& ip, const std::vector<PublishedPort>& ports) {
  publisher_.publish(id, parse_ip(ip), ports);
}

void Network::unpublish(const std::string& id) {
  publisher_.unpublish(id);
}

std::vector<std::string> Network::adopt(const std::string& id, const std::string& ip,
                                        const std::vector<PublishedPort>& ports) {
  if (ip.empty()) return {};
  const Ipv4 address = parse_ip(ip);
  Undo undo;
  ipam_.adopt(address);
  undo.push([&] { ipam_.release(address); });
  std::vector<std::string> warnings = publisher_.adopt(id, address, ports);
  undo.commit();
  return warnings;
}

std::vector<std::string> Network::reconcile() {
  const std::vector<Ipv4> live = ipam_.list();
  remove_stale_veths(config_, live);
  if (live.empty()) {
    remove_host_side();
    return {};
  }
  ensure_bridge();
  return forward_warnings(config_);
}

void Network::top_up() {
  bridge_slots_.top_up();
  isolated_slots_.top_up();
}

void Network::warm_up() {
  ensure_bridge();
  bridge_slots_.warm_up();
  isolated_slots_.warm_up();
}

bool Network::shutdown() {
  isolated_slots_.stop();
  bridge_slots_.stop();
  if (ipam_.count() != 0) return false;
  remove_host_side();
  return true;
}

unsigned Network::ensure_bridge() {
  const std::scoped_lock lock(bridge_mutex_);
  // A cheap look each time: an administrator may have deleted the link, or flushed our rules (`systemctl reload
  // nftables` does), after which containers would reach the host's services, or have reloaded his own firewall only.
  const bool first = bridge_ == 0;
  const bool there = !first && bridge_ == bridge_index(config_);
  // The bridge first: when the name is somebody else's, no rule of ours must apply to it. A container joins only
  // after all three.
  const unsigned index = there ? bridge_ : network::ensure_bridge(config_);
  const bool foreign_change = publisher_.ensure_table();
  if (first) {
    forward_.open();
  } else if (foreign_change) {
    forward_.check_soon();
  }
  bridge_ = index;
  return bridge_;
}

Slot Network::make_bridge_slot() {
  const unsigned bridge = ensure_bridge();
  const Ipv4 address = ipam_.acquire();
  Undo undo;
  undo.push([&] { ipam_.release(address); });
  Slot slot = network::make_bridge_slot(config_, bridge, address);
  undo.commit();
  return slot;
}

void Network::remove_host_side() {
  const std::scoped_lock lock(bridge_mutex_);
  bridge_ = 0;
  remove_bridge(config_);
  publisher_.remove_table();
  forward_.close();
}

}  // namespace minibox::network
