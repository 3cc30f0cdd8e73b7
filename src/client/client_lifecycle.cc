#include "base/error.h"
#include "base/text.h"
#include "client/client.h"
#include "client/percent_encoding.h"

namespace minibox::client {
namespace {

std::string by_id(const char* path, const std::string& reference) {
  return std::string("/containers/") + path + "?id=" + percent_encoded(reference);
}

}  // namespace

std::string Client::restart(const std::string& reference, int timeout_seconds) {
  return begin("POST", by_id("restart", reference) + "&t=" + std::to_string(timeout_seconds), {}, 60 + timeout_seconds)
      .finish();
}

std::string Client::rename(const std::string& reference, const std::string& name) {
  return call("POST", by_id("rename", reference) + "&name=" + percent_encoded(name));
}

std::string Client::pause(const std::string& reference) {
  return call("POST", by_id("pause", reference));
}

std::string Client::unpause(const std::string& reference) {
  return call("POST", by_id("unpause", reference));
}

std::string Client::update(const std::string& reference, const wire::UpdateRequest& request) {
  return call("POST", by_id("update", reference), request.print());
}

std::string Client::wait(const std::string& reference) {
  std::string code;
  stream("POST", by_id("wait", reference), {}, [&code](std::string_view bytes) { code += bytes; });
  if (trim(code).empty()) throw Error(ErrorKind::kUnavailable, "the daemon ended before the container did");
  return code;
}

std::string Client::inspect_container(const std::string& reference) {
  return call("GET", by_id("inspect", reference));
}

std::string Client::inspect_image(const std::string& reference) {
  return call("GET", "/images/inspect?image=" + percent_encoded(reference));
}

wire::ContainerStats Client::stats(const std::string& reference) {
  return wire::ContainerStats::parse(call("GET", by_id("stats", reference)));
}

std::vector<wire::ProcessEntry> Client::top(const std::string& reference) {
  return wire::ProcessEntry::parse_list(call("GET", by_id("top", reference)));
}

std::vector<wire::FileChange> Client::diff(const std::string& reference) {
  return wire::FileChange::parse_list(call("GET", by_id("diff", reference)));
}

}  // namespace minibox::client
