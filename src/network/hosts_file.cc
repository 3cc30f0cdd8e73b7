#include "network/hosts_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "network/subnet.h"

namespace minibox::network {
namespace {

void check_word(const std::string& word) {
  const bool good = !word.empty() && std::all_of(word.begin(), word.end(),
                                                 [](unsigned char c) { return c > 0x20 && c != 0x7f && c != '#'; });
  if (!good) throw Error(ErrorKind::kInvalid, quote(word) + " can't be a name in /etc/hosts");
}

bool is_reachable_server(const std::vector<std::string>& words) {
  if (words.size() < 2 || words[0] != "nameserver") return false;
  const std::optional<Ipv4> address = Ipv4::parse(words[1]);
  return address && !address->is_loopback() && !address->is_any();  // 0.0.0.0 means this host to the resolver
}

}  // namespace

std::string hosts_file(const std::vector<HostEntry>& entries) {
  std::string text =
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "ff02::1\tip6-allnodes\n"
      "ff02::2\tip6-allrouters\n"
      "\n";
  for (const HostEntry& entry : entries) {
    check_word(entry.address);
    for (const std::string& name : entry.names) {
      check_word(name);
      text += entry.address + "\t" + name + "\n";
    }
  }
  return text;
}

std::string hostname_file(const std::string& hostname) {
  check_word(hostname);
  return hostname + "\n";
}

std::string resolv_conf(const std::string& host_text) {
  std::string text;
  bool has_server = false;
  for (const std::string& line : split(host_text, '\n')) {
    const std::vector<std::string> words = split_words(line);
    if (words.empty()) continue;
    const bool server = is_reachable_server(words);
    has_server = has_server || server;
    if (server || words[0] == "search" || words[0] == "domain" || words[0] == "options") {
      text += join(words, " ") + "\n";
    }
  }
  if (!has_server) text += "# the host has no name server that a container can reach\n";
  return text;
}

std::string resolv_conf_without_network() {
  return "# this container has no network\n";
}

bool names_reachable_server(const std::string& host_text) {
  const std::vector<std::string> lines = split(host_text, '\n');
  return std::any_of(lines.begin(), lines.end(),
                     [](const std::string& line) { return is_reachable_server(split_words(line)); });
}

}  // namespace minibox::network
