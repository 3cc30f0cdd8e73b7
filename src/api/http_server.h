// The HTTP server: TCP and a unix socket, one event loop on a thread of its own, blocking calls on bounded pools.
//
//   HttpServer server(backend, config);   // checks the configuration, listens, throws Error
//   server.start();                       // serves from now on
//   server.stop(deadline);                // no new requests; ends streams, waits for running calls
//
// Limits: request heads kMaxHead bytes, bodies as the route says, a head must arrive within `head_timeout` (which
// bounds idle connections too), a body within `body_timeout`, and a client must take output within `write_timeout`.
// Each listener has its own budgets of connections and of bodies. When all its connections are taken, a new one takes
// the place of the one that has been idle longest, and is refused when all are being served. A body is in memory at
// most four times (as text, parsed, as the request's fields, at the engine), so the worst case of both listeners
// together is 8 * max_body_bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "api/backend.h"
#include "api/lane.h"

namespace minibox::api {

struct ServerConfig {
  std::string tcp_address;  // "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080" (all addresses); empty: no TCP
  std::string socket_path;  // unix socket, made 0600; empty: none
  std::string token;        // required of every request when not empty; must be set for an address that is not loopback
  std::chrono::milliseconds head_timeout{30'000};
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds write_timeout{60'000};
  size_t max_connections = 256;        // of each listener: TCP, unix socket
  size_t max_body_bytes = 128u << 20;  // request bodies in memory at once, of each listener
  LaneThreads threads = {};
  std::function<void(const std::string& line)> log = [](const std::string&) {};  // any thread
};

class HttpServer {
 public:
  HttpServer(Backend& backend, ServerConfig config);
  ~HttpServer();  // stop() and wait for all calls
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  // Idempotent. False when a call of the backend was still running at the deadline; it is waited for by the destructor.
  bool stop(std::chrono::milliseconds deadline);

  std::string tcp_address() const;  // "127.0.0.1:8080", with the real port when 0 was asked for; empty without TCP

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minibox::api
