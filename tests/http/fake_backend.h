// A Backend that acts by the name of the image: the HTTP server, the client and the CLI are tested over real sockets
// without containers. run() plays the shim on a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/backend.h"
#include "wire/stream_frame.h"

namespace minibox::test {

class FakeBackend final : public api::Backend {
 public:
  ~FakeBackend() override { join(); }
  void join();

  // "missing", "noexec": errors. "seven": writes "out\n" and "err\n", exits 7. "signal": exits with 128 + the signal it
  // is sent. "yes": writes until it gets a signal. "lost": closes without an exit status. "bulk": 8 MiB of stdout.
  std::string run(const wire::RunRequest& request, engine::Attachment* attachment) override;

  // The command's first word is what run() takes for the image.
  void exec(const wire::ExecRequest& request, engine::Attachment* attachment) override;
  void attach(const std::string& id, const engine::Engine::MakeAttachment& make) override;  // plays "seven"

  std::map<std::string, wire::ContainerInfo> list_containers() override;
  std::string find_container(const std::string& reference) override;  // "0a1b2c3d", also called "web"
  engine::StopResult stop(const std::string& id, int timeout_seconds) override;
  void kill(const std::string& id) override;
  void start(const std::string& id) override;
  void remove(const std::string& id, bool force) override;
  sys::Fd open_log(const std::string& id) override;
  bool follow_log(const std::string& id, std::uint64_t offset, std::stop_token stop) override;
  std::vector<wire::ImageSummary> list_images() override;
  void remove_image(const std::string& reference) override;
  // "invalid": refused before any line. "broken": a line, then an error. "endless": lines until cancelled.
  void build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) override;

  void append_log(const std::string& text);
  void end_log();

  std::atomic<int> cancelled{0};  // builds and followers that saw their client leave
  wire::RunRequest last_run() const;
  wire::ExecRequest last_exec() const;
  std::atomic<int> last_stop_seconds{-1};
  std::atomic<bool> last_force{false};
  std::string log_path;
  std::atomic<bool> no_images{false};
  bool hold_list = false;  // list_containers() waits for end_log()
  void wait_until_list_is_held();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t log_size_ = 0;
  bool log_ended_ = false;
  bool list_entered_ = false;
  wire::RunRequest last_run_;
  wire::ExecRequest last_exec_;
  std::vector<std::thread> shims_;
};

}  // namespace minibox::test
