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

// `pack` says how much it had to leave out. What fails before the first byte is an ordinary error.
void stream_tar(Exchange& exchange, const std::function<std::uint64_t(const engine::ArchiveSink& sink)>& pack) {
  exchange.limit_patience(std::chrono::seconds(10));  // the container can't be started or removed meanwhile
  bool begun = false;
  const std::uint64_t left_out = pack([&](std::string_view bytes) {
    if (!begun) exchange.begin_stream();
    begun = true;
    exchange.write(bytes);
  });
  exchange.end_stream(left_out == 0 ? "ok" : "ok; left-out=" + std::to_string(left_out));
}

}  // namespace

void get_archive(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string path = path_from_query(request);
  const std::string id = container_from_query(backend, request);
  stream_tar(exchange, [&](const engine::ArchiveSink& sink) { return backend.copy_out(id, path, sink); });
}

void get_export(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string id = container_from_query(backend, request);
  stream_tar(exchange, [&](const engine::ArchiveSink& sink) {
    backend.export_container(id, sink, exchange.stop_token());
    return std::uint64_t{0};
  });
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
