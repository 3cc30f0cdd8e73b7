#include "api/file_response.h"
#include "api/handlers.h"
#include "sys/file.h"

namespace minibox::api {
namespace {

// Passes on what the file holds now; the offset counts along.
void pass_on(const sys::Fd& log, std::uint64_t& offset, Exchange& exchange) {
  std::string buffer(64 * 1024, '\0');
  while (const size_t got = sys::read_some(log, buffer.data(), buffer.size())) {
    exchange.write(std::string_view(buffer).substr(0, got));
    offset += got;
  }
}

// Blocks until there is more; false when the container has ended, was removed (the open file still holds its last
// lines) or the client has left.
bool wait_for_more(Backend& backend, const std::string& id, std::uint64_t offset, Exchange& exchange) {
  try {
    return backend.follow_log(id, offset, exchange.stop_token());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return false;
    throw;
  }
}

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

}  // namespace

void get_logs(Backend& backend, const Request& request, Exchange& exchange) {
  flag_from_query(request, "follow");
  const auto id = container_of(backend, request, exchange);
  if (id) exchange.reply(file_response(request, backend.open_log(*id)));
}

void follow_logs(Backend& backend, const Request& request, Exchange& exchange) {
  flag_from_query(request, "follow");
  const auto id = container_of(backend, request, exchange);
  if (!id) return;
  const sys::Fd log = backend.open_log(*id);
  exchange.begin_stream();
  std::uint64_t offset = 0;
  bool more = true;
  do {
    pass_on(log, offset, exchange);
    more = wait_for_more(backend, *id, offset, exchange);
  } while (more);
  pass_on(log, offset, exchange);  // written between the last read and the end
  exchange.end_stream("");
}

}  // namespace minibox::api
