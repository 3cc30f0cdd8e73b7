#include "engine/name_files.h"

#include <arpa/inet.h>

#include "base/error.h"
#include "base/text.h"
#include "network/hosts_file.h"
#include "runtime/bundle.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

constexpr char kResolvedStub[] = "/run/systemd/resolve/resolv.conf";  // what systemd-resolved itself asks

std::string host_resolv_conf() {
  const std::string text = sys::try_read_file("/etc/resolv.conf").value_or("");
  if (network::names_reachable_server(text)) return text;
  return sys::try_read_file(kResolvedStub).value_or(text);
}

bool is_address(const std::string& text) {
  in6_addr any{};
  return ::inet_pton(AF_INET, text.c_str(), &any) == 1 || ::inet_pton(AF_INET6, text.c_str(), &any) == 1;
}

// "name:address"; an IPv6 address has colons of its own.
network::HostEntry parse_extra_host(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const std::string address = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (name.empty() || !is_address(address)) {
    throw Error(ErrorKind::kInvalid, "extra host " + quote(text) + " is not NAME:ADDRESS")
        .with_hint("as in --add-host db:10.0.0.2");
  }
  return {address, {name}};
}

std::string hosts_text(const Names& names) {
  std::vector<network::HostEntry> entries;
  const std::string address = names.ip.empty() ? "127.0.1.1" : names.ip;
  entries.push_back({address, {names.hostname}});
  if (names.hostname != names.id) entries.push_back({address, {names.id}});
  for (const std::string& text : names.extra_hosts) entries.push_back(parse_extra_host(text));
  return network::hosts_file(entries);
}

std::string resolv_text(const Names& names) {
  std::string text;
  for (const std::string& server : names.dns) text += "nameserver " + server + "\n";
  if (!text.empty()) return text;
  return names.ip.empty() ? network::resolv_conf_without_network() : network::resolv_conf(host_resolv_conf());
}

}  // namespace

void write_name_files(const std::string& bundle, const Names& names) {
  constexpr mode_t kReadable = 0644;
  sys::write_file(bundle + "/" + runtime::kHostsFile, hosts_text(names), kReadable);
  sys::write_file(bundle + "/" + runtime::kHostnameFile, network::hostname_file(names.hostname), kReadable);
  sys::write_file(bundle + "/" + runtime::kResolvFile, resolv_text(names), kReadable);
}

void check_names(const wire::RunRequest& request) {
  std::vector<network::HostEntry> entries;
  for (const std::string& text : request.extra_hosts) entries.push_back(parse_extra_host(text));
  network::hosts_file(entries);  // throws
  for (const std::string& server : request.dns) {
    if (!is_address(server)) throw Error(ErrorKind::kInvalid, "name server " + quote(server) + " is not an address");
  }
}

}  // namespace minibox::engine
