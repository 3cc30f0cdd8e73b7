// One client connection: reads requests, checks them, runs the handler and writes the answer, until either side closes
// or a container's shim takes the connection. Everything here runs on the event loop's thread; only the handler does
// not.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "api/active_calls.h"
#include "api/byte_budget.h"
#include "api/connection.h"
#include "api/http_server.h"
#include "api/lane.h"
#include "api/log_throttle.h"

namespace minibox::api {

class Session;

// What the connections of one listener may take together. TCP has its own, so that no user of this machine can use up
// what root's unix socket needs.
struct ListenerState {
  explicit ListenerState(size_t body_bytes) : bodies(body_bytes) {}

  std::set<Session*> sessions;  // event loop only
  ByteBudget bodies;
};

// What the sessions of a server share.
struct ServerState {
  ServerState(Backend& backend_, ServerConfig config_)
      : backend(backend_),
        config(std::move(config_)),
        refusals(config.log),
        tcp(config.max_body_bytes),
        unix_socket(config.max_body_bytes),
        lanes(config.threads) {}

  Backend& backend;
  const ServerConfig config;

  // Event loop only.
  LogThrottle refusals;
  bool stopping = false;
  std::uint64_t idle_clock = 0;

  ListenerState tcp;
  ListenerState unix_socket;
  ActiveCalls active;
  Lanes lanes;
};

// `local_address` is the connection's own end, numeric; empty for the unix socket.
void serve(ServerState& state, ListenerState& listener, StreamSocket socket, std::string local_address);

// Makes room for a new connection: closes the one that has waited longest for its client's next request. False: all are
// being served.
bool close_oldest_idle(ListenerState& listener);

// Ends what is idle, streaming or given up when its client leaves; other calls that have not answered yet may finish.
void stop_sessions(ServerState& state);

}  // namespace minibox::api
