#include "network/subnet.h"

#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace minibox::network {

std::optional<Ipv4> Ipv4::parse(std::string_view text) {
  const std::vector<std::string> parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  Ipv4 address;
  for (const std::string& part : parts) {
    const std::optional<std::int64_t> byte = parse_int(part, 0, 255);
    // "010" is 8 to inet_aton and 10 to people: refuse it.
    if (!byte || !is_digits(part) || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    address.value = address.value << 8 | static_cast<std::uint32_t>(*byte);
  }
  return address;
}

std::string Ipv4::print() const {
  return std::to_string(value >> 24) + "." + std::to_string(value >> 16 & 255) + "." +
         std::to_string(value >> 8 & 255) + "." + std::to_string(value & 255);
}

Subnet Subnet::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<Ipv4> base = Ipv4::parse(text.substr(0, slash));
  const std::optional<std::int64_t> prefix =
      slash == std::string_view::npos ? std::nullopt : parse_int(text.substr(slash + 1), 8, 30);
  if (!base || !prefix) {
    throw Error(ErrorKind::kInvalid, "subnet " + quote(text) + " is not an IPv4 network with a prefix of 8 to 30")
        .with_hint("write it as in 172.19.0.0/24");
  }
  const Subnet subnet({base->value & (~std::uint32_t{0} << (32 - *prefix))}, static_cast<unsigned>(*prefix));
  if (subnet.base() != *base) {
    throw Error(ErrorKind::kInvalid, "subnet " + quote(text) + " has bits set behind its prefix")
        .with_hint("the network it lies in is " + subnet.print());
  }
  return subnet;
}

std::string Subnet::print() const {
  return base_.print() + "/" + std::to_string(prefix_);
}

}  // namespace minibox::network
