// The text of /etc/hosts, /etc/hostname and /etc/resolv.conf of a container. Pure: who writes them does it through
// sys::RootDir, never following a symlink of the image.
#pragma once

#include <string>
#include <vector>

namespace minibox::network {

struct HostEntry {
  std::string address;
  std::vector<std::string> names;  // one line each
};

// The localhost block, then one line a name. kInvalid for a name that would not be a single word.
std::string hosts_file(const std::vector<HostEntry>& entries);

std::string hostname_file(const std::string& hostname);

// From the host's resolv.conf for a container on the bridge: search, options and the name servers it can reach. Dropped
// are loopback ones (another loopback there) and IPv6 ones (the bridge is IPv4 only).
std::string resolv_conf(const std::string& host_text);
std::string resolv_conf_without_network();

// False when every name server is a local stub, as with systemd-resolved: then give resolv_conf() the content of
// /run/systemd/resolve/resolv.conf where that exists.
bool names_reachable_server(const std::string& host_text);

}  // namespace minibox::network
