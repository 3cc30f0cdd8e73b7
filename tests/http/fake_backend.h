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
  // "stubborn": ends at SIGKILL only. "greedy": ran out of memory.
  std::string run(const wire::RunRequest& request, engine::Attachment* attachment, const wire::RegistryAuth& auth,
                  std::stop_token stop) override;

  // The command's first word is what run() takes for the image.
  void exec(const wire::ExecRequest& request, engine::Attachment* attachment) override;
  void attach(const std::string& id, const engine::Engine::MakeAttachment& make) override;  // plays "seven"

  std::map<std::string, wire::ContainerInfo> list_containers() override;
  std::string find_container(const std::string& reference) override;  // "0a1b2c3d", also called "web"
  engine::StopResult stop(const std::string& id, int timeout_seconds) override;
  void kill(const std::string& id) override;
  void signal(const std::string& id, int signo) override;
  void start(const std::string& id) override;
  void start_attached(const std::string& id, const engine::Engine::MakeAttachment& make) override;
  void remove(const std::string& id, bool force) override;
  // "web": ends with end_log(), with status 3.
  int wait(const std::string& id, std::stop_token stop) override;
  void restart(const std::string& id, int timeout_seconds) override;
  void rename(const std::string& id, const std::string& name) override;
  void pause(const std::string& id) override;
  void unpause(const std::string& id) override;
  void update(const std::string& id, const wire::UpdateRequest& request) override;
  std::string inspect_container(const std::string& id) override;
  std::string inspect_image(const std::string& reference) override;
  wire::ContainerStats stats(const std::string& id) override;
  std::vector<wire::ProcessEntry> top(const std::string& id) override;
  std::vector<wire::FileChange> diff(const std::string& id) override;
  std::uint64_t copy_out(const std::string& id, const std::string& path, const engine::ArchiveSink& sink) override;
  void copy_in(const std::string& id, const std::string& path, const engine::ArchiveSource& source) override;
  sys::Fd open_log(const std::string& id) override;
  void read_log(const std::string& id, const engine::LogQuery& query, const engine::LogPieceSink& sink,
                std::stop_token stop) override;
  std::vector<wire::VolumeInfo> list_volumes() override;
  std::string create_volume(const std::string& name) override;
  std::string inspect_volume(const std::string& name) override;
  void remove_volume(const std::string& name) override;
  std::vector<std::string> prune_volumes() override;
  std::vector<wire::ImageSummary> list_images() override;
  void remove_image(const std::string& reference, bool force) override;
  // An archive is its image's name a thousand times; "cut": a part of what was promised.
  void save_images(const std::vector<std::string>& references, const engine::Engine::OpenArchive& open) override;
  std::vector<std::string> load_images(const engine::ArchiveSource& source, const std::string& name) override;
  std::string import_image(const wire::ImportRequest& request, const engine::ArchiveSource& source) override;
  std::string commit(const wire::CommitRequest& request, std::stop_token stop) override;
  void export_container(const std::string& id, const engine::ArchiveSink& sink, std::stop_token stop) override;
  std::vector<wire::DiskUsage> disk_usage() override;
  wire::PruneReport prune(bool build_cache) override;
  // "invalid": refused before any line. "broken": a line, then an error. "endless": lines until cancelled. "quiet": a
  // line, silence until end_log() or cancelled, a line. "planning": the same without the first line.
  // "missing": refused before any line. "broken": lines, then an error. After any other run() knows "elsewhere", which
  // plays "seven".
  void pull(const engine::PullOptions& options, const engine::LogSink& log, std::stop_token stop) override;
  void push(const std::string& name, const wire::RegistryAuth& auth, const engine::LogSink& log,
            std::stop_token stop) override;
  void tag_image(const std::string& image, const std::string& name) override;
  void check_login(const wire::RegistryAuth& auth, std::stop_token stop) override;
  void build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) override;

  void append_log(const std::string& text);
  void end_log();

  std::atomic<int> cancelled{0};  // builds and followers that saw their client leave
  wire::RunRequest last_run() const;
  wire::UpdateRequest last_update() const;
  std::atomic<bool> pulled{false};
  std::string last_tag;
  int last_signal = 0;    // what signal() was given
  std::string last_copy;  // what copy_in() was given
  wire::ExecRequest last_exec() const;
  std::atomic<int> last_stop_seconds{-1};
  std::atomic<bool> last_force{false};
  std::string log_path;
  std::atomic<int> stops_together{1};  // stop() returns when so many are under way
  std::atomic<bool> no_images{false};
  std::atomic<bool> running{false};      // start() is refused
  bool wait_until_cancelled(int count);  // false: not within ten seconds
  bool hold_list = false;                // list_containers() waits for end_log()
  void wait_until_list_is_held();
  bool hold_execs = false;                    // exec() waits for end_log()
  bool wait_until_execs_are_held(int count);  // false: not within ten seconds
  bool wait_until_planning();                 // false: not within ten seconds

 private:
  void wait_for_end(const std::stop_token& stop);
  void note_cancelled();
  void wake_all();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t log_size_ = 0;
  bool log_ended_ = false;
  bool list_entered_ = false;
  bool planning_ = false;
  int execs_held_ = 0;
  int stops_ = 0;
  wire::RunRequest last_run_;
  wire::UpdateRequest last_update_;
  wire::ExecRequest last_exec_;
  std::vector<std::thread> shims_;
};

}  // namespace minibox::test
