#include "api/handlers.h"
#include "base/text.h"

namespace minibox::api {

void get_images(Backend& backend, const Request&, Exchange& exchange) {
  exchange.reply({.content_type = kJson, .body = wire::ImageSummary::print_list(backend.list_images()) + "\n"});
}

void post_remove_image(Backend& backend, const Request& request, Exchange& exchange) {
  const auto it = request.query.find("image");
  if (it == request.query.end() || it->second.empty()) throw Error(ErrorKind::kInvalid, "missing image");
  try {
    backend.remove_image(it->second, flag_from_query(request, "force"));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound || error.errno_value() != 0) throw;
    throw Error(ErrorKind::kNotFound, "image not found")
        .with_hint("no image has the name or id " + quote(it->second) + "; list them with: minibox images");
  }
  exchange.reply({.body = "Image " + it->second + " removed\n"});
}

}  // namespace minibox::api
