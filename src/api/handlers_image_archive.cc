// Images as tar streams: save sends one of known size as an ordinary body, straight from the blobs to the socket; load
// takes one as frames on an upgraded connection.
#include "api/client_upload.h"
#include "api/handlers.h"
#include "base/text.h"
#include "sys/send_file.h"

namespace minibox::api {
namespace {

// Several images are separated by commas, which no name has.
std::vector<std::string> images_from_query(const Request& request) {
  const auto it = request.query.find("image");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing image");
  return split(it->second, ',');
}

std::string optional_from_query(const Request& request, const char* name) {
  const auto it = request.query.find(name);
  return it == request.query.end() ? std::string() : it->second;
}

// What the first version of this API had; it let its users read and write any file as root.
void refuse_path(const Request& request) {
  if (!request.query.contains("path")) return;
  throw Error(ErrorKind::kInvalid, "the daemon reads and writes no file of its clients'")
      .with_hint("send or receive the archive: minibox save, minibox load, docs/api.md");
}

}  // namespace

void get_saved_images(Backend& backend, const Request& request, Exchange& exchange) {
  refuse_path(request);
  const std::vector<std::string> images = images_from_query(request);
  if (request.method == "HEAD") return exchange.reply({.content_type = kTar});
  backend.save_images(images, [&](std::uint64_t size) {
    sys::Fd connection = exchange.duplicate_connection();
    exchange.connection_taken();
    const Response head{.content_type = kTar};
    sys::send_all(connection, print_head(head, "Content-Length: " + std::to_string(size), false),
                  std::chrono::seconds(10));
    return connection;
  });
}

void post_load_images(Backend& backend, const Request& request, Exchange& exchange) {
  refuse_path(request);
  const std::string name = optional_from_query(request, "name");
  serve_upload(request, exchange, [&](const UploadSource& source) {
    std::string lines;
    for (const std::string& image : backend.load_images(source, name)) lines += image + "\n";
    return lines;
  });
}

void post_import_image(Backend& backend, const Request& request, Exchange& exchange) {
  const wire::ImportRequest import = wire::ImportRequest::parse(request.body);
  serve_upload(request, exchange,
               [&](const UploadSource& source) { return backend.import_image(import, source) + "\n"; });
}

void post_commit(Backend& backend, const Request& request, Exchange& exchange) {
  wire::CommitRequest commit = wire::CommitRequest::parse(request.body);
  commit.id = resolve_container(backend, commit.id);
  exchange.reply({.body = backend.commit(commit, exchange.stop_token()) + "\n"});
}

}  // namespace minibox::api
