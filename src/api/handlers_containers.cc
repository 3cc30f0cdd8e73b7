#include <algorithm>
#include <csignal>

#include "api/attachment.h"
#include "api/handlers.h"
#include "base/signal_name.h"
#include "base/text.h"

namespace minibox::api {
namespace {

constexpr int kDefaultStopSeconds = 10;
constexpr int kMaxStopSeconds = 600;
constexpr size_t kMaxReference = 128;

bool is_reference(const std::string& text) {
  if (text.empty() || text.size() > kMaxReference) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

}  // namespace

int stop_seconds(const Request& request) {
  const auto it = request.query.find("t");
  if (it == request.query.end()) return kDefaultStopSeconds;
  const auto seconds = parse_int(it->second, 0, kMaxStopSeconds);
  if (!seconds) {
    throw Error(ErrorKind::kInvalid, "parameter 't' must be a whole number of seconds from 0 to " +
                                         std::to_string(kMaxStopSeconds) + ", not " + quote(it->second));
  }
  return static_cast<int>(*seconds);
}

void say(Exchange& exchange, const std::string& sentence) {
  exchange.reply({.body = sentence + "\n"});
}

std::string container_from_query(Backend& backend, const Request& request) {
  const auto it = request.query.find("id");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing id");
  return resolve_container(backend, it->second);
}

std::string resolve_container(Backend& backend, const std::string& reference) {
  if (!is_reference(reference)) throw Error(ErrorKind::kInvalid, "invalid container id");
  try {
    return backend.find_container(reference);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
    throw Error(ErrorKind::kNotFound, "container not found")
        .with_hint("no container has the id or name " + quote(reference) + "; list them with: minibox ps -a");
  }
}

void get_containers(Backend& backend, const Request&, Exchange& exchange) {
  exchange.reply({.content_type = kJson, .body = wire::ContainerInfo::print_map(backend.list_containers()) + "\n"});
}

void post_stop(Backend& backend, const Request& request, Exchange& exchange) {
  const int seconds = stop_seconds(request);
  const std::string id = container_from_query(backend, request);
  switch (backend.stop(id, seconds)) {
    case engine::StopResult::kStopped:
      return say(exchange, "Container " + id + " stopped");
    case engine::StopResult::kKilled:
      return say(exchange, "Container " + id + " killed (timeout)");
    case engine::StopResult::kNotRunning:
      return say(exchange, "Container " + id + " not running");
  }
}

namespace {

void start_attached(Backend& backend, const std::string& id, const Request& request, Exchange& exchange) {
  backend.start_attached(id, [&](bool input, bool tty) { return make_attachment_to(request, exchange, input, tty); });
  exchange.connection_taken();
}

// The parameter `signal`; SIGKILL when absent.
int signal_from_query(const Request& request) {
  const auto it = request.query.find("signal");
  if (it == request.query.end()) return SIGKILL;
  const auto signo = parse_signal(it->second);
  if (!signo) {
    throw Error(ErrorKind::kInvalid, "unknown signal " + quote(it->second))
        .with_hint("a name as HUP or SIGHUP, or a number from 1 to 64");
  }
  return *signo;
}

}  // namespace

void post_start(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string id = container_from_query(backend, request);
  try {
    if (request.asks_for_stream()) return start_attached(backend, id, request, exchange);
    backend.start(id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kConflict) throw;
    return exchange.reply(legacy_error_response(request, error, 400, "container is already running"));
  }
  say(exchange, id);
}

void post_kill(Backend& backend, const Request& request, Exchange& exchange) {
  const int signo = signal_from_query(request);
  const std::string id = container_from_query(backend, request);
  try {
    if (signo != SIGKILL) {
      backend.signal(id, signo);
      return say(exchange, "Container " + id + " was sent " + signal_name(signo));
    }
    backend.kill(id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kConflict) throw;
    return exchange.reply(legacy_error_response(request, error, 400, "container pid not found"));
  }
  say(exchange, "Container " + id + " killed");
}

void post_remove(Backend& backend, const Request& request, Exchange& exchange) {
  const bool force = flag_from_query(request, "force");
  const std::string id = container_from_query(backend, request);
  backend.remove(id, force);
  say(exchange, "Container " + id + " removed");
}

}  // namespace minibox::api
