#include "api/handlers.h"
#include "base/text.h"

namespace minibox::api {

// A stream and not a reply: its head goes out at once, and the server watches for a client that leaves.
void post_wait(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string id = container_from_query(backend, request);
  exchange.begin_stream();
  exchange.write(std::to_string(backend.wait(id, exchange.stop_token())) + "\n");
  exchange.end_stream("");
}

void post_restart(Backend& backend, const Request& request, Exchange& exchange) {
  const int seconds = stop_seconds(request);
  const std::string id = container_from_query(backend, request);
  backend.restart(id, seconds);
  say(exchange, "Container " + id + " restarted");
}

void post_rename(Backend& backend, const Request& request, Exchange& exchange) {
  const auto it = request.query.find("name");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing name");
  const std::string id = container_from_query(backend, request);
  backend.rename(id, it->second);
  say(exchange, "Container " + id + " renamed to " + it->second);
}

void post_pause(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string id = container_from_query(backend, request);
  backend.pause(id);
  say(exchange, "Container " + id + " paused");
}

void post_unpause(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string id = container_from_query(backend, request);
  backend.unpause(id);
  say(exchange, "Container " + id + " unpaused");
}

void post_update(Backend& backend, const Request& request, Exchange& exchange) {
  const wire::UpdateRequest update = wire::UpdateRequest::parse(request.body);
  const std::string id = container_from_query(backend, request);
  backend.update(id, update);
  say(exchange, "Container " + id + " updated");
}

}  // namespace minibox::api
