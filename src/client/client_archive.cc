#include "base/text.h"
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

std::unique_ptr<Download> Client::save_images(const std::vector<std::string>& images) {
  Connection connection = Connection::open(endpoint_);
  const std::string target = "/images/save?image=" + percent_encoded(join(images, ","));
  connection.write_all(request_text("GET", target, {}, false));
  return std::make_unique<Download>(std::move(connection));
}

Upload Client::load_images(const std::string& name) {
  const std::string target = name.empty() ? "/images/load" : "/images/load?name=" + percent_encoded(name);
  return Upload(upgrade(target, {}).finish().stream);
}

Upload Client::import_image(const wire::ImportRequest& request) {
  return Upload(upgrade("/images/import", request.print()).finish().stream);
}

std::unique_ptr<Download> Client::export_container(const std::string& reference) {
  Connection connection = Connection::open(endpoint_);
  connection.write_all(request_text("GET", "/containers/export?id=" + percent_encoded(reference), {}, false));
  return std::make_unique<Download>(std::move(connection));
}

// Without a deadline: they last as long as their work.
std::string Client::commit(const wire::CommitRequest& request) {
  return whole_answer("POST", "/containers/commit", request.print());
}

std::vector<wire::DiskUsage> Client::disk_usage() {
  return wire::DiskUsage::parse_list(whole_answer("GET", "/system/df", {}));
}

wire::PruneReport Client::prune(bool build_cache) {
  return wire::PruneReport::parse(
      whole_answer("POST", build_cache ? "/system/prune?build_cache=1" : "/system/prune", {}));
}

std::string Client::whole_answer(const char* method, const std::string& target, const std::string& json) {
  std::string answer;
  stream(method, target, json, [&answer](std::string_view bytes) { answer += bytes; });
  return answer;
}

Upload Client::copy_in(const std::string& reference, const std::string& path) {
  return Upload(upgrade(target_of(reference, path), {}).finish().stream);
}

}  // namespace minibox::client
