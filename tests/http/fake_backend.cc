#include "fake_backend.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "sys/file.h"
#include "sys/send_file.h"

namespace minibox::test {
namespace {

constexpr char kId[] = "0a1b2c3d";

// The socket is handed over in non-blocking mode.
bool send_all(const sys::Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd waiting{fd.get(), POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else {
      return false;
    }
  }
  return true;
}

bool send_frame(const sys::Fd& fd, wire::Stream stream, std::string_view payload) {
  return send_all(fd, wire::print_frame(stream, payload));
}

bool send_exit(const sys::Fd& fd, int status) {
  return send_frame(fd, wire::Stream::kExitStatus, std::string(1, static_cast<char>(status)));
}

// The signal of the next frame; 0 when the client left.
int next_signal(const sys::Fd& fd) {
  unsigned char frame[9];
  for (size_t have = 0; have < sizeof frame;) {
    pollfd waiting{fd.get(), POLLIN, 0};
    ::poll(&waiting, 1, -1);
    const ssize_t got = ::recv(fd.get(), frame + have, sizeof frame - have, 0);
    if (got <= 0) return 0;
    have += static_cast<size_t>(got);
  }
  return frame[8];
}

bool has_input(const sys::Fd& fd) {
  pollfd waiting{fd.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

void play(const sys::Fd& fd, const std::string& image, bool framed) {
  if (!framed) {
    send_all(fd, "out\nerr\n");
  } else if (image == "seven" || image == "elsewhere") {
    send_frame(fd, wire::Stream::kTiming, R"([{"where":"daemon","name":"make the cgroup","us":12}])");
    send_frame(fd, wire::Stream::kStdout, "out\n");
    send_frame(fd, wire::Stream::kStderr, "err\n");
    send_exit(fd, 7);
  } else if (image == "signal") {
    send_frame(fd, wire::Stream::kStdout, "ready\n");
    send_exit(fd, 128 + next_signal(fd));
  } else if (image == "stubborn") {
    send_frame(fd, wire::Stream::kStdout, "ready\n");
    int number = 0;
    while ((number = next_signal(fd)) != 0 && number != SIGKILL) {
      send_frame(fd, wire::Stream::kStdout, "no\n");
    }
    send_exit(fd, 128 + number);
  } else if (image == "greedy") {
    send_frame(fd, wire::Stream::kOutOfMemory, {});
    send_exit(fd, 137);
  } else if (image == "yes") {
    while (!has_input(fd) && send_frame(fd, wire::Stream::kStdout, std::string(4096, 'y'))) {
    }
    send_exit(fd, 128 + next_signal(fd));
  } else if (image == "bulk") {
    for (int i = 0; i < 128; ++i) send_frame(fd, wire::Stream::kStdout, std::string(wire::kMaxPayload, 'b'));
    send_exit(fd, 0);
  }
}

}  // namespace

void FakeBackend::join() {
  for (std::thread& shim : shims_) shim.join();
  shims_.clear();
}

wire::RunRequest FakeBackend::last_run() const {
  const std::lock_guard lock(mutex_);
  return last_run_;
}

std::string FakeBackend::run(const wire::RunRequest& request, engine::Attachment* attachment, const wire::RegistryAuth&,
                             std::stop_token) {
  const std::lock_guard lock(mutex_);
  last_run_ = request;
  if (request.image == "elsewhere" && !pulled) throw Error(ErrorKind::kNotFound, "image not found: 'elsewhere'");
  if (request.image == "missing") throw Error(ErrorKind::kNotFound, "image 'missing' not found");
  if (request.image == "noexec") {
    throw Error(ErrorKind::kNotFound, "command 'nope' not found in PATH").with_exit_code(127).with_hint("install it");
  }
  if (attachment == nullptr) return kId;
  shims_.emplace_back([fd = std::move(attachment->connection), preamble = attachment->preamble,
                       framed = attachment->framed, image = request.image] {
    if (send_all(fd, preamble)) play(fd, image, framed);
  });
  return kId;
}

void FakeBackend::exec(const wire::ExecRequest& request, engine::Attachment* attachment) {
  wire::RunRequest run_request;
  run_request.image = request.command[0];
  {
    std::unique_lock lock(mutex_);
    ++execs_held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hold_execs; });
  }
  run(run_request, attachment, {}, {});
  const std::lock_guard lock(mutex_);
  last_exec_ = request;
}

void FakeBackend::attach(const std::string&, const engine::Engine::MakeAttachment& make) {
  engine::Attachment attachment = make(false, false);
  wire::RunRequest run_request;
  run_request.image = "seven";
  run(run_request, &attachment, {}, {});
}

wire::ExecRequest FakeBackend::last_exec() const {
  const std::lock_guard lock(mutex_);
  return last_exec_;
}

std::map<std::string, wire::ContainerInfo> FakeBackend::list_containers() {
  std::unique_lock lock(mutex_);
  list_entered_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !hold_list; });
  wire::ContainerInfo info;
  info.id = kId;
  info.name = "web";
  info.image = "busybox";
  info.command = {"httpd", "-f"};
  info.status = "running";
  info.created_at = "2026-01-02T03:04:05.000000000Z";
  info.ports = {{"8080", "80"}};
  return {{info.id, info}};
}

void FakeBackend::wait_until_list_is_held() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return list_entered_; });
}

bool FakeBackend::wait_until_execs_are_held(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return execs_held_ >= count; });
}

std::string FakeBackend::find_container(const std::string& reference) {
  if (reference == kId || reference == "web") return kId;
  throw Error(ErrorKind::kNotFound, "no such container");
}

engine::StopResult FakeBackend::stop(const std::string&, int timeout_seconds) {
  last_stop_seconds = timeout_seconds;
  std::unique_lock lock(mutex_);
  ++stops_;
  changed_.notify_all();
  if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return stops_ >= stops_together; })) {
    throw Error(ErrorKind::kTimeout, "the others did not come");
  }
  return timeout_seconds == 0 ? engine::StopResult::kKilled : engine::StopResult::kStopped;
}

void FakeBackend::kill(const std::string&) {
  throw Error(ErrorKind::kConflict, "container 'web' is not running");
}

void FakeBackend::signal(const std::string&, int signo) {
  last_signal = signo;
}

void FakeBackend::start_attached(const std::string&, const engine::Engine::MakeAttachment&) {
  throw Error(ErrorKind::kConflict, "container is already running");
}

void FakeBackend::start(const std::string&) {
  if (running) throw Error(ErrorKind::kConflict, "container is already running");
}

void FakeBackend::remove(const std::string&, bool force) {
  last_force = force;
}

int FakeBackend::wait(const std::string&, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const std::stop_callback wake(stop, [this] { changed_.notify_all(); });
  changed_.wait(lock, [&] { return log_ended_ || stop.stop_requested(); });
  if (!stop.stop_requested()) return 3;
  ++cancelled;
  throw Error(ErrorKind::kCancelled, "the client has left");
}

void FakeBackend::restart(const std::string&, int timeout_seconds) {
  last_stop_seconds = timeout_seconds;
}

void FakeBackend::rename(const std::string&, const std::string& name) {
  if (name == "taken") throw Error(ErrorKind::kExists, "container name 'taken' is taken");
}

void FakeBackend::pause(const std::string&) {}

void FakeBackend::unpause(const std::string&) {
  throw Error(ErrorKind::kConflict, "container is not paused");
}

void FakeBackend::update(const std::string&, const wire::UpdateRequest& request) {
  const std::lock_guard lock(mutex_);
  last_update_ = request;
}

wire::UpdateRequest FakeBackend::last_update() const {
  const std::lock_guard lock(mutex_);
  return last_update_;
}

std::string FakeBackend::inspect_container(const std::string& id) {
  return "{\"Id\":\"" + id + "\"}";
}

std::string FakeBackend::inspect_image(const std::string& reference) {
  if (reference != "busybox") throw Error(ErrorKind::kNotFound, "no such image");
  return R"({"Id":"sha256:0123456789abcdef"})";
}

wire::ContainerStats FakeBackend::stats(const std::string& id) {
  wire::ContainerStats stats;
  stats.id = id;
  stats.memory_usage = 1536 << 10;
  stats.cpu_percent = 12.5;
  stats.net_input = 1024;
  return stats;
}

std::vector<wire::ProcessEntry> FakeBackend::top(const std::string&) {
  return {{.pid = 1, .host_pid = 4711, .uid = 0, .threads = 1, .state = "S", .command = "[minibox-init]"}};
}

std::vector<wire::FileChange> FakeBackend::diff(const std::string&) {
  return {{'C', "/etc"}, {'A', "/etc/new"}};
}

// "/missing": not there. "/broken": an error in the middle. Otherwise 1 MiB of 't'.
std::uint64_t FakeBackend::copy_out(const std::string&, const std::string& path, const engine::ArchiveSink& sink) {
  if (path == "/missing") throw Error(ErrorKind::kNotFound, "no such file");
  for (int i = 0; i < 16; ++i) sink(std::string(64 * 1024, 't'));
  if (path == "/broken") throw Error(ErrorKind::kInternal, "the disk is on \r\nfire").with_hint("put it out");
  return path == "/special" ? 3 : 0;
}

// "/full": an error after the first bytes.
void FakeBackend::copy_in(const std::string&, const std::string& path, const engine::ArchiveSource& source) {
  std::string received;
  char buffer[4096];
  while (const size_t got = source(buffer, sizeof buffer)) {
    received.append(buffer, got);
    if (path == "/full") throw Error(ErrorKind::kExhausted, "no space left").with_hint("make room");
  }
  last_copy = received;
}

sys::Fd FakeBackend::open_log(const std::string&) {
  return sys::open_file(log_path, O_RDONLY);
}

void FakeBackend::read_log(const std::string&, const engine::LogQuery& query, const engine::LogPieceSink& sink,
                           std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { wake_all(); });
  const sys::Fd log = sys::open_file(log_path, O_RDONLY);
  std::uint64_t passed_on = 0;
  for (;;) {
    const std::string bytes = sys::read_all(log, 1 << 20, log_path);
    if (!bytes.empty()) sink({wire::Stream::kStdout, 0, bytes});
    sink({});
    passed_on += bytes.size();
    std::unique_lock lock(mutex_);
    if (!query.follow || (log_ended_ && passed_on >= log_size_)) return;
    changed_.wait(lock, [&] { return log_size_ > passed_on || log_ended_ || stop.stop_requested(); });
    if (!stop.stop_requested()) continue;
    ++cancelled;
    changed_.notify_all();
    return;
  }
}

void FakeBackend::append_log(const std::string& text) {
  const std::lock_guard lock(mutex_);
  sys::write_all(sys::open_file(log_path, O_WRONLY | O_CREAT | O_APPEND), text, log_path);
  log_size_ += text.size();
  changed_.notify_all();
}

void FakeBackend::end_log() {
  const std::lock_guard lock(mutex_);
  log_ended_ = true;
  hold_list = false;
  hold_execs = false;
  changed_.notify_all();
}

std::vector<wire::VolumeInfo> FakeBackend::list_volumes() {
  return {{.name = "data", .mountpoint = "/v/data", .created_at = "2026-01-02T03:04:05Z", .used_by = {"web"}}};
}

std::string FakeBackend::create_volume(const std::string& name) {
  return name.empty() ? "0123456789abcdef" : name;
}

std::string FakeBackend::inspect_volume(const std::string& name) {
  return "{\"Name\":\"" + name + "\"}";
}

// "data" is in use.
void FakeBackend::remove_volume(const std::string& name) {
  if (name == "data") throw Error(ErrorKind::kConflict, "volume 'data' is in use by 'web'");
}

std::vector<std::string> FakeBackend::prune_volumes() {
  return {"old", "older"};
}

std::vector<wire::ImageSummary> FakeBackend::list_images() {
  if (no_images) return {};
  return {{"busybox", 1234567, "sha256:0123456789abcdef", "2026-01-02T03:04:05Z"}};
}

void FakeBackend::remove_image(const std::string& reference, bool /*force*/) {
  if (reference != "busybox") throw Error(ErrorKind::kNotFound, "no such image");
}

void FakeBackend::pull(const engine::PullOptions& options, const engine::LogSink& log, std::stop_token) {
  if (options.image == "missing") throw Error(ErrorKind::kNotFound, "no registry has it");
  log("[pull] fetching " + options.image + " manifest...");
  log("[pull] " + options.platform + " " + options.auth.username + " " + options.auth.server);
  if (options.image == "broken") throw Error(ErrorKind::kUnavailable, "the registry is gone").with_hint("look for it");
  pulled = true;
}

void FakeBackend::push(const std::string& name, const wire::RegistryAuth& auth, const engine::LogSink& log,
                       std::stop_token) {
  if (name == "missing") throw Error(ErrorKind::kNotFound, "image not found: 'missing'");
  log("[push] " + name + " as " + auth.username);
}

void FakeBackend::tag_image(const std::string& image, const std::string& name) {
  last_tag = image + " " + name;
}

void FakeBackend::check_login(const wire::RegistryAuth& auth, std::stop_token) {
  if (auth.password != "right") throw Error(ErrorKind::kDenied, "login to " + auth.server + " refused");
}

void FakeBackend::save_images(const std::vector<std::string>& references, const engine::Engine::OpenArchive& open) {
  if (references[0] == "missing") throw Error(ErrorKind::kNotFound, "image not found: 'missing'");
  std::string archive;
  for (int i = 0; i < 1000; ++i) archive += references[0];
  const sys::Fd to = open(archive.size());
  sys::send_all(to, references[0] == "cut" ? archive.substr(1) : archive, std::chrono::seconds(10));
}

std::vector<std::string> FakeBackend::load_images(const engine::ArchiveSource& source, const std::string& name) {
  copy_in("", name, source);
  return {name, "second"};
}

std::string FakeBackend::import_image(const wire::ImportRequest& request, const engine::ArchiveSource& source) {
  copy_in("", request.image, source);
  return "sha256:" + request.image;
}

std::string FakeBackend::commit(const wire::CommitRequest& request, std::stop_token) {
  return "sha256:" + request.id + request.image;
}

void FakeBackend::export_container(const std::string& id, const engine::ArchiveSink& sink, std::stop_token) {
  sink("tree of " + id);
}

std::vector<wire::DiskUsage> FakeBackend::disk_usage() {
  return {{.type = "Images", .total = 3, .active = 1, .size = 4096, .reclaimable = 1024}};
}

wire::PruneReport FakeBackend::prune(bool build_cache) {
  return {.blobs_removed = 2, .bytes_freed = 2048, .build_cache_removed = build_cache ? 3 : 0};
}

void FakeBackend::build(const wire::BuildRequest& request, const engine::LogSink& log, std::stop_token stop) {
  if (request.image == "invalid") throw Error(ErrorKind::kInvalid, "MiniBox:3: unknown word 'RUNN'");
  if (request.image == "planning") {
    wait_for_end(stop);
    if (stop.stop_requested()) {
      note_cancelled();
      throw Error(ErrorKind::kCancelled, "cancelled");
    }
  }
  log("[build] START image=" + request.image);
  if (request.image == "broken") throw Error(ErrorKind::kInternal, "block app: exit status 1").with_hint("look above");
  try {
    while (request.image == "endless" && !stop.stop_requested()) log(std::string(1000, '.'));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCancelled) note_cancelled();
    throw;
  }
  if (request.image == "quiet") {
    wait_for_end(stop);
    if (!stop.stop_requested()) log("[app] DONE");
  }
  if (stop.stop_requested()) note_cancelled();
}

void FakeBackend::wait_for_end(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { wake_all(); });
  std::unique_lock lock(mutex_);
  planning_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return log_ended_ || stop.stop_requested(); });
}

bool FakeBackend::wait_until_planning() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return planning_; });
}

void FakeBackend::note_cancelled() {
  ++cancelled;
  wake_all();
}

// Under the lock, so that nobody who has just looked misses it.
void FakeBackend::wake_all() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

bool FakeBackend::wait_until_cancelled(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return cancelled >= count; });
}

}  // namespace minibox::test
