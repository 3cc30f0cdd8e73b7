#include "api/handlers.h"
#include "api/streamed_log.h"
#include "wire/build_request.h"

namespace minibox::api {

void post_build(Backend& backend, const Request& request, Exchange& exchange) {
  wire::BuildRequest build = wire::BuildRequest::parse(request.body);
  if (build.minibox.empty()) throw Error(ErrorKind::kInvalid, "MiniBox content is required");
  build.auths = wire::parse_registry_config(request.header("x-registry-config"));
  stream_log(exchange, {"Build completed successfully", "Build failed: ", "[build] "},
             [&](const auto& log) { backend.build(build, log, exchange.stop_token()); });
}

}  // namespace minibox::api
