#include "client/client.h"
#include "client/percent_encoding.h"

namespace minibox::client {

std::vector<wire::VolumeInfo> Client::list_volumes() {
  return wire::VolumeInfo::parse_list(call("GET", "/volumes"));
}

std::string Client::create_volume(const std::string& name) {
  return call("POST", "/volumes/create" + (name.empty() ? "" : "?name=" + percent_encoded(name)));
}

std::string Client::inspect_volume(const std::string& name) {
  return call("GET", "/volumes/inspect?name=" + percent_encoded(name));
}

std::string Client::remove_volume(const std::string& name) {
  return call("POST", "/volumes/remove?name=" + percent_encoded(name));
}

std::string Client::prune_volumes() {
  return call("POST", "/volumes/prune");
}

}  // namespace minibox::client
