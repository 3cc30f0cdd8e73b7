// The daemon's API as functions: one method a route. Each call uses a connection of its own. Errors of the daemon come
// back as the Error it threw (wire/error_body.h). Single-threaded.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/download.h"
#include "client/endpoint.h"
#include "client/frame_stream.h"
#include "client/http_reader.h"
#include "client/upload.h"
#include "wire/build_request.h"
#include "wire/container_info.h"
#include "wire/container_stats.h"
#include "wire/disk_usage.h"
#include "wire/exec_request.h"
#include "wire/file_change.h"
#include "wire/image_requests.h"
#include "wire/image_summary.h"
#include "wire/process_entry.h"
#include "wire/registry_auth.h"
#include "wire/run_request.h"
#include "wire/update_request.h"
#include "wire/volume_info.h"

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

// A call that was sent and not yet answered, so that several can be under way at once.
class PendingCall {
 public:
  explicit PendingCall(Connection connection) : connection_(std::move(connection)) {}
  std::string finish() &&;  // -> body; Error of the daemon, or kTimeout

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

  // `auth` is for an image that is run lazily.
  std::string run_detached(const wire::RunRequest& request, const wire::RegistryAuth& auth);  // -> id
  PendingStream run_foreground(const wire::RunRequest& request, const wire::RegistryAuth& auth);

  void exec_detached(const wire::ExecRequest& request);
  PendingStream exec(const wire::ExecRequest& request);
  PendingStream attach(const std::string& reference);
  PendingStream start_attached(const std::string& reference);

  PendingCall begin_stop(const std::string& reference, int timeout_seconds);
  // These give the daemon's sentence: "Container 0a1b2c3d stopped".
  std::string stop(const std::string& reference, int timeout_seconds) {
    return begin_stop(reference, timeout_seconds).finish();
  }
  std::string kill(const std::string& reference, const std::string& signal = {});  // empty: SIGKILL
  std::string start(const std::string& reference);
  std::string remove(const std::string& reference, bool force);
  std::string remove_image(const std::string& reference, bool force);

  std::string restart(const std::string& reference, int timeout_seconds);
  std::string rename(const std::string& reference, const std::string& name);
  std::string pause(const std::string& reference);
  std::string unpause(const std::string& reference);
  std::string update(const std::string& reference, const wire::UpdateRequest& request);

  std::string wait(const std::string& reference);               // until it has ended -> exit code
  std::string inspect_container(const std::string& reference);  // a JSON object
  std::string inspect_image(const std::string& reference);

  std::vector<wire::VolumeInfo> list_volumes();
  std::string create_volume(const std::string& name);   // empty: the daemon makes one up -> its name and a line feed
  std::string inspect_volume(const std::string& name);  // a JSON object
  std::string remove_volume(const std::string& name);
  std::string prune_volumes();  // a line for each that was removed

  wire::ContainerStats stats(const std::string& reference);
  std::vector<wire::ProcessEntry> top(const std::string& reference);
  std::vector<wire::FileChange> diff(const std::string& reference);

  using Sink = HttpReader::Sink;
  // Tar streams of a container's files.
  std::unique_ptr<Download> copy_out(const std::string& reference, const std::string& path);
  Upload copy_in(const std::string& reference, const std::string& path);
  // Images as one tar stream. The answer to an upload is their names, one a line.
  std::unique_ptr<Download> save_images(const std::vector<std::string>& images);
  Upload load_images(const std::string& name);
  Upload import_image(const wire::ImportRequest& request);  // answers with the image's digest
  std::unique_ptr<Download> export_container(const std::string& reference);
  std::string commit(const wire::CommitRequest& request);  // -> the image's digest

  std::vector<wire::DiskUsage> disk_usage();
  wire::PruneReport prune(bool build_cache);

  struct LogOptions {
    bool follow = false;
    bool timestamps = false;
    std::string tail;   // number of lines, or "all"
    std::string since;  // RFC 3339, or seconds since 1970
    std::string until;
  };
  using FrameSink = std::function<void(const Frame& frame)>;
  void logs(const std::string& reference, const LogOptions& options, const FrameSink& sink);
  // False: failed, and the sink has seen why. `auth` may be empty.
  bool build(const wire::BuildRequest& request, const Sink& sink);
  bool pull(const std::string& image, const std::string& platform, const wire::RegistryAuth& auth, const Sink& sink);
  bool push(const std::string& image, const wire::RegistryAuth& auth, const Sink& sink);
  std::string tag(const std::string& image, const std::string& name);
  std::string check_login(const wire::RegistryAuth& auth);

 private:
  using Header = std::pair<std::string, std::string>;  // empty name: none
  std::string request_text(const char* method, const std::string& target, const std::string& json, bool upgrade,
                           const Header& header = {}) const;
  PendingCall begin(const char* method, const std::string& target, const std::string& json = {}, int seconds = 60,
                    const Header& header = {});
  std::string call(const char* method, const std::string& target, const std::string& json = {}) {
    return begin(method, target, json).finish();
  }
  PendingStream upgrade(const std::string& target, const std::string& json, const Header& header = {});
  std::string whole_answer(const char* method, const std::string& target, const std::string& json);
  ResponseHead stream(const char* method, const std::string& target, const std::string& json, const Sink& sink,
                      const Header& header = {});

  Endpoint endpoint_;
  std::string token_;
};

}  // namespace minibox::client
