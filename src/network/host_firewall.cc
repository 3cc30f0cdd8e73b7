#include "network/host_firewall.h"

#include <nlohmann/json.hpp>

#include "network/network_plan.h"
#include "sys/legacy_iptables.h"
#include "sys/nft_ruleset.h"

namespace minibox::network {
namespace {

using nlohmann::json;

// The objects of one kind ("chain", "rule") that an nft listing consists of.
std::vector<json> list(const std::string& command, const char* kind) {
  std::vector<json> objects;
  const json listing = json::parse(sys::list_nft_json(command));
  for (const json& entry : listing.at("nftables")) {
    if (entry.contains(kind)) objects.push_back(entry.at(kind));
  }
  return objects;
}

bool is_forward_chain(const json& chain) {
  return chain.value("hook", "") == "forward";
}

bool has_iptables_chain() {
  for (const json& chain : list("list chains ip", "chain")) {
    if (chain.value("table", "") == "filter" && chain.value("name", "") == "FORWARD" && is_forward_chain(chain)) {
      return true;
    }
  }
  return false;
}

bool is_ours(const Config& config, const json& rule) {
  return rule.value("comment", "") == bridge_alias(config);
}

// Both accepts are there. Only then, so that nobody sees changes of the rule set where nothing changes.
bool is_open(const Config& config) {
  size_t ours = 0;
  for (const json& rule : list("list chain ip filter FORWARD", "rule")) ours += is_ours(config, rule);
  return ours == 2;
}

// Deletions of every rule marked as ours, for one script with what follows.
std::string delete_ours(const Config& config) {
  std::string script;
  for (const json& rule : list("list chain ip filter FORWARD", "rule")) {
    if (!is_ours(config, rule)) continue;
    script += "delete rule ip filter FORWARD handle " + std::to_string(rule.at("handle").get<long>()) + "\n";
  }
  return script;
}

// Only words that iptables itself can print: with anything else `iptables -S` would call the table incompatible.
std::string insert_accept(const Config& config, const char* direction) {
  return std::string("insert rule ip filter FORWARD ") + direction + " \"" + config.bridge +
         "\" counter accept comment \"" + bridge_alias(config) + "\"\n";
}

}  // namespace

void open_forward_chain(const Config& config) {
  if (has_iptables_chain() && !is_open(config)) {
    sys::run_nft(delete_ours(config) + insert_accept(config, "oifname") + insert_accept(config, "iifname"));
  }
  if (sys::has_legacy_filter_table()) sys::accept_legacy_forward(config.bridge);
}

void close_forward_chain(const Config& config) {
  if (has_iptables_chain()) {
    const std::string script = delete_ours(config);
    if (!script.empty()) sys::run_nft(script);
  }
  if (sys::has_legacy_filter_table()) sys::remove_legacy_forward(config.bridge);
}

std::vector<std::string> forward_warnings(const Config& config) {
  std::vector<std::string> warnings;
  for (const json& chain : list("list chains", "chain")) {
    const std::string family = chain.value("family", "");
    const std::string table = chain.value("table", "");
    if (!is_forward_chain(chain) || chain.value("policy", "") != "drop" || (family != "ip" && family != "inet"))
      continue;
    if (family == "ip" && table == "filter" && chain.value("name", "") == "FORWARD") continue;
    warnings.push_back("chain '" + family + " " + table + " " + chain.value("name", "") +
                       "' of the host's firewall drops forwarded packets by default: allow interface '" +
                       config.bridge + "' there, or containers are cut off");
  }
  return warnings;
}

}  // namespace minibox::network
