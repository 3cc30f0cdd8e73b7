#include "api/file_response.h"
#include "api/handlers.h"
#include "api/log_format.h"
#include "base/clock.h"
#include "base/text.h"

namespace minibox::api {
namespace {

// -> container of the query; empty: it is unknown and the answer is given.
std::optional<std::string> container_of(Backend& backend, const Request& request, Exchange& exchange) {
  try {
    return container_from_query(backend, request);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
    exchange.reply(legacy_error_response(request, error, 404, "404 page not found"));
    return std::nullopt;
  }
}

std::optional<std::uint64_t> tail_of(const Request& request) {
  const auto it = request.query.find("tail");
  if (it == request.query.end() || it->second == "all") return std::nullopt;
  const auto lines = parse_int(it->second, 0, INT64_MAX);
  if (!lines) throw Error(ErrorKind::kInvalid, "tail=" + quote(it->second) + " is neither a number of lines nor 'all'");
  return static_cast<std::uint64_t>(*lines);
}

std::optional<std::int64_t> time_of(const Request& request, const char* name) {
  const auto it = request.query.find(name);
  if (it == request.query.end()) return std::nullopt;
  const auto time = parse_time(it->second);
  if (!time) {
    throw Error(ErrorKind::kInvalid, std::string(name) + "=" + quote(it->second) + " is no time")
        .with_hint("as 2026-01-31T12:00:00Z, or seconds since 1970");
  }
  return time;
}

}  // namespace

void stream_logs(Backend& backend, const Request& request, Exchange& exchange) {
  const engine::LogQuery query{.follow = flag_from_query(request, "follow"),
                               .tail = tail_of(request),
                               .since_ns = time_of(request, "since"),
                               .until_ns = time_of(request, "until")};
  LogFormat format(flag_from_query(request, "timestamps"), flag_from_query(request, "streams"));
  const auto id = container_of(backend, request, exchange);
  if (!id) return;
  exchange.begin_stream();
  constexpr size_t kEnough = 32 * 1024;
  const auto write = [&](const engine::LogPiece& piece) {
    format.add(piece);
    if (piece.bytes.empty() || format.text().size() >= kEnough) exchange.write(format.take());
  };
  backend.read_log(*id, query, write, exchange.stop_token());
  exchange.end_stream("");
}

void get_log_file(Backend& backend, const Request& request, Exchange& exchange) {
  const auto id = container_of(backend, request, exchange);
  if (id) exchange.reply(file_response(request, backend.open_log(*id)));
}

}  // namespace minibox::api
