// Every name, address and rule that the network of one bridge consists of. Pure: the files beside it carry it out.
//
// All names derive from the bridge, so that reconcile finds ours and only ours:
//   nftables table   ip minibox_<bridge>
//   host veth        mbx<10 hex digits>, with the alias "minibox:<bridge>:<address>"
//   bridge           alias "minibox:<bridge>" (an interface of that name without it belongs to somebody else)
//   FORWARD accepts  comment "minibox:<bridge>"
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "network/config.h"
#include "network/port_spec.h"
#include "network/subnet.h"
#include "sys/nft_socket.h"

namespace minibox::network {

std::string table_name(const Config& config);
std::string bridge_alias(const Config& config);
std::string veth_alias(const Config& config, Ipv4 address);
std::optional<Ipv4> address_of_veth(const Config& config, const std::string& alias);  // empty: not ours
std::string new_veth_name();                                                          // random

using Mac = std::array<std::uint8_t, 6>;
Mac mac_of(Ipv4 address);  // locally administered; the same address has the same MAC, so neighbours' caches stay right

struct Publication {
  PublishedPort port;
  Ipv4 container;
};

// nftables script that replaces the table, publications included, in one transaction.
std::string table_script(const Config& config, const std::vector<Publication>& publications);
std::string delete_table_script(const Config& config);  // no error when there is none

// Maps of the table, port -> container: looked up in this order.
inline constexpr const char* kAddressMap = "published_address";  // ipv4_addr . inet_service
inline constexpr const char* kAnyMap = "published_any";          // inet_service

sys::NftElement map_element(const Publication& publication);

}  // namespace minibox::network
