#include "api/attachment.h"
#include "api/handlers.h"
#include "wire/registry_auth.h"
#include "wire/run_request.h"

namespace minibox::api {
namespace {

// The shim takes the connection: from the start of the container on, no byte of its output passes through the daemon.
void run_foreground(Backend& backend, const wire::RunRequest& run, const wire::RegistryAuth& auth,
                    const Request& request, Exchange& exchange) {
  engine::Attachment attachment = make_attachment(request, exchange, run.interactive);
  backend.run(run, &attachment, auth, exchange.stop_token());
  exchange.connection_taken();
}

}  // namespace

void post_run(Backend& backend, const Request& request, Exchange& exchange) {
  wire::RunRequest run = wire::RunRequest::parse(request.body);
  if (run.image.empty()) throw Error(ErrorKind::kInvalid, "Image name is required");
  const wire::RegistryAuth auth = wire::RegistryAuth::parse_header(request.header("x-registry-auth"));
  if (run.detached) return exchange.reply({.body = backend.run(run, nullptr, auth, exchange.stop_token()) + "\n"});
  run.tty = wants_terminal(request, run.interactive, run.tty);
  run_foreground(backend, run, auth, request, exchange);
}

}  // namespace minibox::api
