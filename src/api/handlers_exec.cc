#include "api/attachment.h"
#include "api/handlers.h"
#include "wire/exec_request.h"

namespace minibox::api {

namespace {

void execute(Backend& backend, wire::ExecRequest& exec, const Request& request, Exchange& exchange) {
  if (exec.detached) {
    backend.exec(exec, nullptr);
    return exchange.reply({});
  }
  exec.tty = wants_terminal(request, exec.interactive, exec.tty);
  engine::Attachment attachment = make_attachment(request, exchange, exec.interactive);
  backend.exec(exec, &attachment);
  exchange.connection_taken();
}

}  // namespace

void post_exec(Backend& backend, const Request& request, Exchange& exchange) {
  wire::ExecRequest exec = wire::ExecRequest::parse(request.body);
  exec.id = resolve_container(backend, exec.id);
  try {
    execute(backend, exec, request, exchange);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kConflict) throw;
    exchange.reply(legacy_error_response(request, error, 400, "Container is not running"));
  }
}

void post_attach(Backend& backend, const Request& request, Exchange& exchange) {
  backend.attach(container_from_query(backend, request),
                 [&](bool input, bool tty) { return make_attachment_to(request, exchange, input, tty); });
  exchange.connection_taken();
}

}  // namespace minibox::api
