#include "api/handlers.h"
#include "base/text.h"
#include "wire/stream_frame.h"
#include "wire/version.h"

namespace minibox::api {

void get_ping(Backend&, const Request&, Exchange& exchange) {
  exchange.reply({.body = "Daemon is running"});
}

void get_version(Backend&, const Request&, Exchange& exchange) {
  const std::string version(wire::version());
  exchange.reply(
      {.content_type = kJson,
       .body = R"({"name":"miniboxd","version":")" + version + R"(","stream":")" + wire::kStreamProtocol + "\"}\n"});
}

void get_disk_usage(Backend& backend, const Request&, Exchange& exchange) {
  exchange.reply({.content_type = kJson, .body = wire::DiskUsage::print_list(backend.disk_usage()) + "\n"});
}

void post_prune(Backend& backend, const Request& request, Exchange& exchange) {
  const bool build_cache = flag_from_query(request, "build_cache");
  exchange.reply({.content_type = kJson, .body = backend.prune(build_cache).print() + "\n"});
}

bool flag_from_query(const Request& request, const std::string& name) {
  const auto it = request.query.find(name);
  if (it == request.query.end() || it->second == "0" || it->second == "false") return false;
  if (it->second == "1" || it->second == "true") return true;
  throw Error(ErrorKind::kInvalid, "parameter " + quote(name) + " must be 0 or 1, not " + quote(it->second));
}

}  // namespace minibox::api
