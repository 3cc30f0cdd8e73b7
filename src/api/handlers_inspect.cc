#include "api/handlers.h"
#include "base/text.h"

namespace minibox::api {
namespace {

void reply_json(Exchange& exchange, const std::string& json) {
  exchange.reply({.content_type = kJson, .body = json + "\n"});
}

}  // namespace

void get_inspect(Backend& backend, const Request& request, Exchange& exchange) {
  reply_json(exchange, backend.inspect_container(container_from_query(backend, request)));
}

void get_stats(Backend& backend, const Request& request, Exchange& exchange) {
  reply_json(exchange, backend.stats(container_from_query(backend, request)).print());
}

void get_top(Backend& backend, const Request& request, Exchange& exchange) {
  reply_json(exchange, wire::ProcessEntry::print_list(backend.top(container_from_query(backend, request))));
}

void get_diff(Backend& backend, const Request& request, Exchange& exchange) {
  reply_json(exchange, wire::FileChange::print_list(backend.diff(container_from_query(backend, request))));
}

void get_image_inspect(Backend& backend, const Request& request, Exchange& exchange) {
  const auto it = request.query.find("image");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing image");
  reply_json(exchange, backend.inspect_image(it->second));
}

}  // namespace minibox::api
