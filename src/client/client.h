// The daemon's API as functions: one method a route. Each call uses a connection of its own. Errors of the daemon come
// back as the Error it threw (wire/error_body.h). Single-threaded.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/endpoint.h"
#include "client/frame_stream.h"
#include "client/http_reader.h"
#include "wire/build_request.h"
#include "wire/container_info.h"
#include "wire/exec_request.h"
#include "wire/image_summary.h"
#include "wire/run_request.h"

namespace minibox::client {

// A stream (of a run, an exec) that was asked for and not yet answered. Poll fd(); once it is readable, finish() gives
// the stream or throws the daemon's Error.
class PendingStream {
 public:
  explicit PendingStream(Connection connection) : connection_(std::move(connection)) {}
  int fd() const { return connection_.fd(); }
  struct Opened {
    FrameStream stream;
    bool input = false;  // what attach has joined reads input,
    bool tty = false;    // and has a terminal
  };
  Opened finish() &&;

 private:
  Connection connection_;
};

class Client {
 public:
  explicit Client(const Environment& environment);

  std::string ping();
  std::string version();  // JSON
  std::map<std::string, wire::ContainerInfo> list_containers();
  std::vector<wire::ImageSummary> list_images();

  std::string run_detached(const wire::RunRequest& request);  // -> id
  PendingStream run_foreground(const wire::RunRequest& request);

  void exec_detached(const wire::ExecRequest& request);
  PendingStream exec(const wire::ExecRequest& request);
  PendingStream attach(const std::string& reference);

  // These give the daemon's sentence: "Container 0a1b2c3d stopped".
  std::string stop(const std::string& reference, int timeout_seconds);
  std::string kill(const std::string& reference);
  std::string start(const std::string& reference);
  std::string remove(const std::string& reference, bool force);
  std::string remove_image(const std::string& reference);

  using Sink = HttpReader::Sink;
  void logs(const std::string& reference, bool follow, const Sink& sink);
  bool build(const wire::BuildRequest& request, const Sink& sink);  // false: failed, and the sink has seen why

 private:
  std::string request_text(const char* method, const std::string& target, const std::string& json, bool upgrade,
                           const Endpoint& endpoint) const;
  std::string call(const char* method, const std::string& target, const std::string& json = {}, int seconds = 60);
  PendingStream upgrade(const std::string& target, const std::string& json);
  ResponseHead stream(const char* method, const std::string& target, const std::string& json, const Sink& sink);

  std::vector<Endpoint> endpoints_;
  std::string token_;
};

}  // namespace minibox::client
