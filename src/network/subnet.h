// IPv4 addresses and subnets as plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minibox::network {

struct Ipv4 {
  std::uint32_t value = 0;  // host byte order

  static std::optional<Ipv4> parse(std::string_view text);  // dotted decimal, four parts, nothing else
  std::string print() const;
  bool is_loopback() const { return value >> 24 == 127; }
  bool is_any() const { return value == 0; }
  auto operator<=>(const Ipv4&) const = default;
};

// The network of one bridge. The first address is the gateway (the bridge itself), the last one is the broadcast.
class Subnet {
 public:
  static Subnet parse(std::string_view text);  // "172.19.0.0/24"; prefixes 8 to 30; kInvalid otherwise

  unsigned prefix() const { return prefix_; }
  Ipv4 base() const { return base_; }
  Ipv4 gateway() const { return {base_.value + 1}; }
  Ipv4 first_container() const { return {base_.value + 2}; }
  Ipv4 last_container() const { return {broadcast().value - 1}; }
  Ipv4 broadcast() const { return {base_.value | ~mask()}; }
  bool contains(Ipv4 address) const { return (address.value & mask()) == base_.value; }
  bool is_container_address(Ipv4 address) const { return address >= first_container() && address <= last_container(); }
  std::string print() const;

 private:
  Subnet(Ipv4 base, unsigned prefix) : base_(base), prefix_(prefix) {}
  std::uint32_t mask() const { return ~std::uint32_t{0} << (32 - prefix_); }

  Ipv4 base_;
  unsigned prefix_;
};

}  // namespace minibox::network
