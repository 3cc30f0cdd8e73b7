// Files of a container as a tar stream: out as the body of an answer; in as frames on an upgraded connection, for a
// body that ends nobody knows when does not fit the limits that other requests have.
#include <chrono>

#include "api/client_upload.h"
#include "api/handlers.h"

namespace minibox::api {
namespace {

std::string path_from_query(const Request& request) {
  const auto it = request.query.find("path");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing path");
  return it->second;
}

}  // namespace

void get_archive(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string path = path_from_query(request);
  const std::string id = container_from_query(backend, request);
  exchange.limit_patience(std::chrono::seconds(10));  // the container can't be started or removed meanwhile
  bool begun = false;                                 // what fails before the first byte is an ordinary error
  const std::uint64_t left_out = backend.copy_out(id, path, [&](std::string_view bytes) {
    if (!begun) exchange.begin_stream();
    begun = true;
    exchange.write(bytes);
  });
  exchange.end_stream(left_out == 0 ? "ok" : "ok; left-out=" + std::to_string(left_out));
}

void post_archive(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string path = path_from_query(request);
  const std::string id = container_from_query(backend, request);
  serve_upload(request, exchange, [&](const UploadSource& source) {
    backend.copy_in(id, path, source);
    return std::string();
  });
}

}  // namespace minibox::api
