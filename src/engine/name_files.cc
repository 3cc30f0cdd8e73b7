#include "engine/name_files.h"

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

std::string hosts_text(const Names& names) {
  std::vector<network::HostEntry> entries;
  const std::string address = names.ip.empty() ? "127.0.1.1" : names.ip;
  entries.push_back({address, {names.hostname}});
  if (names.hostname != names.id) entries.push_back({address, {names.id}});
  return network::hosts_file(entries);
}

}  // namespace

void write_name_files(const std::string& bundle, const Names& names) {
  constexpr mode_t kReadable = 0644;
  sys::write_file(bundle + "/" + runtime::kHostsFile, hosts_text(names), kReadable);
  sys::write_file(bundle + "/" + runtime::kHostnameFile, network::hostname_file(names.hostname), kReadable);
  sys::write_file(bundle + "/" + runtime::kResolvFile,
                  names.ip.empty() ? network::resolv_conf_without_network() : network::resolv_conf(host_resolv_conf()),
                  kReadable);
}

}  // namespace minibox::engine
