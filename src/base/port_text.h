// Published TCP ports in the words of a request: "[address:]port" of the host to "port[/tcp]" of the container. Read by
// the command line, to refuse at once, and by the daemon, which trusts nobody. The texts of the errors are those of the
// API reference, with the port in double quotes: `host port "x": non-numeric port`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace minibox {

inline constexpr size_t kMaxPublishedPorts = 1024;  // of one container

struct PublishedAddress {
  std::string address;  // as written, which may be no address at all; empty when there is none
  std::uint16_t port = 0;
};

PublishedAddress parse_published_address(std::string_view text);  // kInvalid
std::uint16_t parse_container_port(std::string_view text);        // kInvalid; kUnsupported for udp and sctp

// For what only the caller can see about `text`, in the same form: `host port "x": published twice`.
[[noreturn]] void refuse_host_port(std::string_view text, const std::string& why, const std::string& hint);

}  // namespace minibox
