#include "client/client.h"
#include "client/percent_encoding.h"

namespace minibox::client {
namespace {

std::string target_of(const std::string& reference, const std::string& path) {
  return "/containers/archive?id=" + percent_encoded(reference) + "&path=" + percent_encoded(path);
}

}  // namespace

std::unique_ptr<Download> Client::copy_out(const std::string& reference, const std::string& path) {
  Connection connection = Connection::open(endpoint_);
  connection.write_all(request_text("GET", target_of(reference, path), {}, false));
  return std::make_unique<Download>(std::move(connection));
}

Upload Client::copy_in(const std::string& reference, const std::string& path) {
  return Upload(upgrade(target_of(reference, path), {}).finish().stream);
}

}  // namespace minibox::client
