// Images that come from registries and go there.
#include "api/handlers.h"
#include "api/streamed_log.h"
#include "base/text.h"
#include "wire/registry_auth.h"

namespace minibox::api {
namespace {

std::string from_query(const Request& request, const std::string& name) {
  const auto it = request.query.find(name);
  return it == request.query.end() ? "" : it->second;
}

std::string image_from_query(const Request& request) {
  std::string image = from_query(request, "image");
  if (image.empty()) throw Error(ErrorKind::kInvalid, "Image name is required");
  return image;
}

}  // namespace

void post_pull(Backend& backend, const Request& request, Exchange& exchange) {
  const engine::PullOptions options{image_from_query(request), from_query(request, "platform"),
                                    wire::RegistryAuth::parse_header(request.header("x-registry-auth"))};
  stream_log(exchange, {"[pull] Done", "[error] pull failed: ", "[pull] "},
             [&](const auto& log) { backend.pull(options, log, exchange.stop_token()); });
}

void post_push(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string image = image_from_query(request);
  const wire::RegistryAuth auth = wire::RegistryAuth::parse_header(request.header("x-registry-auth"));
  stream_log(exchange, {"[push] Done", "[error] push failed: ", "[push] "},
             [&](const auto& log) { backend.push(image, auth, log, exchange.stop_token()); });
}

void post_tag(Backend& backend, const Request& request, Exchange& exchange) {
  const std::string image = image_from_query(request);
  const std::string name = from_query(request, "name");
  if (name.empty()) throw Error(ErrorKind::kInvalid, "missing name");
  backend.tag_image(image, name);
  exchange.reply({.body = "Image " + image + " tagged " + name + "\n"});
}

void post_auth(Backend& backend, const Request& request, Exchange& exchange) {
  backend.check_login(wire::RegistryAuth::parse(request.body), exchange.stop_token());
  exchange.reply({.body = "Login Succeeded\n"});
}

}  // namespace minibox::api
