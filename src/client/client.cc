#include "client/client.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "client/percent_encoding.h"
#include "client/response_error.h"

namespace minibox::client {
namespace {

std::pair<std::string, std::string> auth_header(const wire::RegistryAuth& auth) {
  if (auth.empty()) return {};
  return {"X-Registry-Auth", auth.print_header()};
}

}  // namespace

PendingStream::Opened PendingStream::finish() && {
  HttpReader reader(connection_);
  const ResponseHead& head = reader.read_head();
  if (head.status >= 400) throw_error(reader);
  if (head.status != 101 || head.header("upgrade") != wire::kStreamProtocol) {
    throw Error(ErrorKind::kUnavailable, "the daemon does not speak " + std::string(wire::kStreamProtocol));
  }
  const bool input = head.header("x-minibox-input") == "1";
  const bool tty = head.header("x-minibox-tty") == "1";
  return {FrameStream(std::move(connection_), reader.take_surplus()), input, tty};
}

std::string PendingCall::finish() && {
  HttpReader reader(connection_);
  if (reader.read_head().status >= 300) throw_error(reader);
  return reader.read_whole_body();
}

Client::Client(const Environment& environment)
    : endpoint_(endpoint_from(environment)), token_(environment("MINIBOX_API_TOKEN")) {
  if (token_.find_first_of("\r\n") != std::string::npos) {
    throw Error(ErrorKind::kInvalid, "MINIBOX_API_TOKEN contains a line feed");
  }
}

std::string Client::request_text(const char* method, const std::string& target, const std::string& json, bool upgrade,
                                 const Header& header) const {
  std::string text = std::string(method) + " " + target + " HTTP/1.1\r\nHost: " + endpoint_.host_header() +
                     "\r\nAccept: application/json\r\n";
  if (!token_.empty()) text += "Authorization: Bearer " + token_ + "\r\n";
  if (!header.first.empty()) text += header.first + ": " + header.second + "\r\n";
  if (upgrade) {
    text += std::string("Connection: Upgrade\r\nUpgrade: ") + wire::kStreamProtocol + "\r\n";
  } else {
    text += "Connection: close\r\n";
  }
  if (!json.empty()) text += "Content-Type: application/json\r\n";
  if (method == std::string_view("POST")) text += "Content-Length: " + std::to_string(json.size()) + "\r\n";
  return text + "\r\n" + json;
}

PendingCall Client::begin(const char* method, const std::string& target, const std::string& json, int seconds,
                          const Header& header) {
  Connection connection = Connection::open(endpoint_);
  connection.set_deadline(monotonic_us() + std::int64_t{seconds} * 1'000'000);
  connection.write_all(request_text(method, target, json, false, header));
  return PendingCall(std::move(connection));
}

ResponseHead Client::stream(const char* method, const std::string& target, const std::string& json, const Sink& sink,
                            const Header& header) {
  Connection connection = Connection::open(endpoint_);
  connection.write_all(request_text(method, target, json, false, header));
  HttpReader reader(connection);
  if (reader.read_head().status >= 300) throw_error(reader);
  reader.read_body(sink);
  return reader.head();
}

std::string Client::ping() {
  return call("GET", "/ping");
}

std::string Client::version() {
  return call("GET", "/version");
}

std::map<std::string, wire::ContainerInfo> Client::list_containers() {
  return wire::ContainerInfo::parse_map(call("GET", "/containers"));
}

std::vector<wire::ImageSummary> Client::list_images() {
  return wire::ImageSummary::parse_list(call("GET", "/images"));
}

std::string Client::run_detached(const wire::RunRequest& request, const wire::RegistryAuth& auth) {
  constexpr int kSeconds = 60;
  return std::string(trim(begin("POST", "/containers/run", request.print(), kSeconds, auth_header(auth)).finish()));
}

PendingStream Client::upgrade(const std::string& target, const std::string& json, const Header& header) {
  Connection connection = Connection::open(endpoint_);
  connection.write_all(request_text("POST", target, json, true, header));
  return PendingStream(std::move(connection));
}

PendingStream Client::run_foreground(const wire::RunRequest& request, const wire::RegistryAuth& auth) {
  return upgrade("/containers/run", request.print(), auth_header(auth));
}

void Client::exec_detached(const wire::ExecRequest& request) {
  call("POST", "/containers/exec", request.print());
}

PendingStream Client::exec(const wire::ExecRequest& request) {
  return upgrade("/containers/exec", request.print());
}

PendingStream Client::attach(const std::string& reference) {
  return upgrade("/containers/attach?id=" + percent_encoded(reference), {});
}

PendingCall Client::begin_stop(const std::string& reference, int timeout_seconds) {
  return begin("POST", "/containers/stop?id=" + percent_encoded(reference) + "&t=" + std::to_string(timeout_seconds),
               {}, 60 + timeout_seconds);
}

std::string Client::kill(const std::string& reference, const std::string& signal) {
  return call("POST", "/containers/kill?id=" + percent_encoded(reference) +
                          (signal.empty() ? "" : "&signal=" + percent_encoded(signal)));
}

PendingStream Client::start_attached(const std::string& reference) {
  return upgrade("/containers/start?id=" + percent_encoded(reference), {});
}

std::string Client::start(const std::string& reference) {
  return call("POST", "/containers/start?id=" + percent_encoded(reference));
}

std::string Client::remove(const std::string& reference, bool force) {
  return call("POST", "/containers/remove?id=" + percent_encoded(reference) + (force ? "&force=1" : ""));
}

std::string Client::remove_image(const std::string& reference, bool force) {
  return call("POST", "/images/remove?image=" + percent_encoded(reference) + (force ? "&force=1" : ""));
}

void Client::logs(const std::string& reference, const LogOptions& options, const FrameSink& sink) {
  std::string target = "/containers/logs?streams=1&id=" + percent_encoded(reference);
  if (options.follow) target += "&follow=1";
  if (options.timestamps) target += "&timestamps=1";
  if (!options.tail.empty()) target += "&tail=" + percent_encoded(options.tail);
  if (!options.since.empty()) target += "&since=" + percent_encoded(options.since);
  if (!options.until.empty()) target += "&until=" + percent_encoded(options.until);
  FrameBuffer frames;
  stream("GET", target, {}, [&](std::string_view bytes) {
    frames.append(bytes);
    while (const std::optional<Frame> frame = frames.next()) sink(*frame);
  });
}

bool Client::build(const wire::BuildRequest& request, const Sink& sink) {
  Header header;
  if (!request.auths.empty()) header = {"X-Registry-Config", wire::print_registry_config(request.auths)};
  return stream("POST", "/containers/build", request.print(), sink, header).header("x-minibox-status") == "ok";
}

bool Client::pull(const std::string& image, const std::string& platform, const wire::RegistryAuth& auth,
                  const Sink& sink) {
  std::string target = "/images/pull?image=" + percent_encoded(image);
  if (!platform.empty()) target += "&platform=" + percent_encoded(platform);
  return stream("POST", target, {}, sink, auth_header(auth)).header("x-minibox-status") == "ok";
}

bool Client::push(const std::string& image, const wire::RegistryAuth& auth, const Sink& sink) {
  const std::string target = "/images/push?image=" + percent_encoded(image);
  return stream("POST", target, {}, sink, auth_header(auth)).header("x-minibox-status") == "ok";
}

std::string Client::tag(const std::string& image, const std::string& name) {
  return call("POST", "/images/tag?image=" + percent_encoded(image) + "&name=" + percent_encoded(name));
}

std::string Client::check_login(const wire::RegistryAuth& auth) {
  return begin("POST", "/auth", auth.print(), 120).finish();
}

}  // namespace minibox::client
