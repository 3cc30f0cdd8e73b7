// One client connection: reads requests, checks them, runs the handler and writes the answer, until either side closes
// or a container's shim takes the connection. Everything here runs on the event loop's thread; only the handler does
// not.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "api/http_server.h"
#include "api/live_exchange.h"
#include "api/route_table.h"
#include "api/worker_pool.h"

namespace minibox::api {

class Session;

// What the sessions of a server share.
struct ServerState {
  ServerState(Backend& backend_, ServerConfig config_)
      : backend(backend_),
        config(std::move(config_)),
        short_calls(config.short_threads, 1024),
        long_calls(config.long_threads, 0) {}

  Backend& backend;
  const ServerConfig config;

  // Event loop only.
  std::set<Session*> sessions;
  bool stopping = false;

  // Handlers that have not returned.
  std::mutex mutex;
  std::condition_variable none_active;
  size_t active = 0;

  WorkerPool short_calls;
  WorkerPool long_calls;
};

using StreamSocket = boost::asio::generic::stream_protocol::socket;

// `local_address` is the connection's own end, numeric; empty for the unix socket.
void serve(ServerState& state, StreamSocket socket, std::string local_address);

// Ends what is idle or streaming; calls that have not answered yet may finish.
void stop_sessions(ServerState& state);

}  // namespace minibox::api
