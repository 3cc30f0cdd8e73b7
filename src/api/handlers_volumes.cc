#include "api/handlers.h"
#include "base/text.h"

namespace minibox::api {
namespace {

std::string name_from_query(const Request& request) {
  const auto it = request.query.find("name");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing name");
  return it->second;
}

}  // namespace

void get_volumes(Backend& backend, const Request&, Exchange& exchange) {
  exchange.reply({.content_type = kJson, .body = wire::VolumeInfo::print_list(backend.list_volumes()) + "\n"});
}

void post_create_volume(Backend& backend, const Request& request, Exchange& exchange) {
  const auto it = request.query.find("name");
  say(exchange, backend.create_volume(it == request.query.end() ? "" : it->second));
}

void get_volume_inspect(Backend& backend, const Request& request, Exchange& exchange) {
  exchange.reply({.content_type = kJson, .body = backend.inspect_volume(name_from_query(request)) + "\n"});
}

void post_remove_volume(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string name = name_from_query(request);
  backend.remove_volume(name);
  say(exchange, "Volume " + name + " removed");
}

void post_prune_volumes(Backend& backend, const Request&, Exchange& exchange) {
  std::string text;
  for (const std::string& name : backend.prune_volumes()) text += "Volume " + name + " removed\n";
  exchange.reply({.body = text});
}

}  // namespace minibox::api
