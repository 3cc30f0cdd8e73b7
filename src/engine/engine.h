// The use cases of MiniBox, one .cc file each (run_container.cc, stop_container.cc, ...). Knows no HTTP.
// Every method may be called from any thread and blocks until done; all throw Error.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/archive.h"
#include "engine/log_reader.h"
#include "sys/fd.h"
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

namespace minibox::engine {

// The client's connection, handed to the shim of a foreground run. The shim writes `preamble` (the HTTP response head)
// only when the container has started, so every earlier failure is still an ordinary Error of run(). From then on it
// alone talks to the client: frames (wire/stream_frame.h) or, when `framed` is false, the combined output until the
// connection closes.
struct Attachment {
  sys::Fd connection;
  std::string preamble;
  bool framed = true;
};

// Where build log lines go; called from several threads, one whole line a call, without the line feed. Throwing
// cancels the build.
using LogSink = std::function<void(const std::string& line)>;

struct LogQuery {
  bool follow = false;
  std::optional<std::uint64_t> tail;     // the last so many lines
  std::optional<std::int64_t> since_ns;  // lines from that time on, since 1970 UTC
  std::optional<std::int64_t> until_ns;  // what was written before that time
};
using LogPieceSink = std::function<void(const LogPiece& piece)>;

struct PullOptions {
  std::string image;
  std::string platform;     // "linux/arm64"; "": this machine's
  wire::RegistryAuth auth;  // empty: anonymous. Used for the registry it names only
};

enum class StopResult { kStopped, kKilled, kNotRunning };

struct Config;       // engine/config.h
struct EngineState;  // engine/engine_state.h

class Engine {
 public:
  // Opens the data root, adopts what still runs, removes what nobody owns (reconcile), makes the embedded image known.
  explicit Engine(const Config& config);
  ~Engine();  // containers go on running; nothing else is left behind

  // Returns the id once the container runs. With an attachment the caller must close its own copies of the connection
  // without shutting it down. kNotFound image; kInvalid request; kExists name or port taken.
  // `auth` and `stop` are for images that are run before they are here (RunRequest::lazy); those others must be.
  std::string run(const wire::RunRequest& request, Attachment* attachment, const wire::RegistryAuth& auth,
                  std::stop_token stop);

  // Returns once the program runs in the container `request.id`; the attachment as for run(), absent when detached.
  // kNotFound; kInvalid request, also when the container does not run; exit code 126 or 127 as for run().
  void exec(const wire::ExecRequest& request, Attachment* attachment);

  // Joins one more client to a running container's streams, from now on. `make` is told whether the container reads
  // input and whether it has a terminal. kInvalid when it does not run.
  using MakeAttachment = std::function<Attachment(bool input, bool tty)>;
  void attach(const std::string& reference, const MakeAttachment& make);

  std::map<std::string, wire::ContainerInfo> list_containers() const;
  // `reference` in the calls below is an id, a unique prefix of one, or a name; kNotFound otherwise.
  std::string find_container(const std::string& reference) const;  // -> id
  StopResult stop(const std::string& reference, int timeout_seconds);
  void kill(const std::string& reference);  // returns when the container has ended; kConflict when not running
  void signal(const std::string& reference, int signo);  // any other signal than SIGKILL; kConflict when not running
  void start(const std::string& reference);              // again, detached; kConflict when running
  void start(const std::string& reference,
             const MakeAttachment& make);                 // the same with a client, as run() and attach()
  void remove(const std::string& reference, bool force);  // kConflict when running and not forced

  void restart(const std::string& reference, int timeout_seconds);  // stop, then start; starts one that does not run
  // Blocks until the container has ended, also when it is started again meanwhile; at once when it does not run.
  int wait(const std::string& reference, std::stop_token stop) const;  // -> exit code; kCancelled
  void rename(const std::string& reference, const std::string& name);  // kExists, kInvalid
  void pause(const std::string& reference);                            // kConflict when it does not run, or is paused
  void unpause(const std::string& reference);
  void update(const std::string& reference, const wire::UpdateRequest& request);  // kInvalid; kExhausted

  // JSON objects with the keys of Docker's inspect.
  std::string inspect_container(const std::string& reference) const;
  std::string inspect_image(const std::string& reference) const;
  wire::ContainerStats stats(const std::string& reference) const;           // kConflict when it does not run
  std::vector<wire::ProcessEntry> top(const std::string& reference) const;  // kConflict when it does not run
  std::vector<wire::FileChange> diff(const std::string& reference) const;   // by path

  // Tar streams (engine/archive.h) of files of a container, whether it runs or not. `path` is absolute there.
  // -> how many entries were left out.
  std::uint64_t copy_out(const std::string& reference, const std::string& path, const ArchiveSink& sink) const;
  void copy_in(const std::string& reference, const std::string& path, const ArchiveSource& source);

  // The current file of the container's log, as plain bytes.
  sys::Fd open_log(const std::string& reference) const;
  // Hands over the container's log piece by piece; a piece without bytes says that this is all for now. With `follow`
  // returns when the container has ended, and is not to be started again, or `stop` is requested. What the sink throws
  // ends it.
  void read_log(const std::string& reference, const LogQuery& query, const LogPieceSink& sink,
                std::stop_token stop) const;

  // Named volumes. An empty name is made up. One that a container uses, running or not, is never removed: kConflict.
  std::vector<wire::VolumeInfo> list_volumes() const;
  std::string create_volume(const std::string& name);  // -> its name; it may be there already
  std::string inspect_volume(const std::string& name) const;
  void remove_volume(const std::string& name);
  std::vector<std::string> prune_volumes();  // -> the names of those that nobody used

  std::vector<wire::ImageSummary> list_images() const;
  // By name, or by id if it has one name alone; kConflict otherwise, unless forced to remove all of them.
  void remove_image(const std::string& reference, bool force);
  // Both call `log` only once the registry has answered the first question: what it refuses is thrown before.
  void pull(const PullOptions& options, const LogSink& log, std::stop_token stop);
  void push(const std::string& name, const wire::RegistryAuth& auth, const LogSink& log, std::stop_token stop);
  void tag_image(const std::string& image, const std::string& name);       // replaces what had the name
  void check_login(const wire::RegistryAuth& auth, std::stop_token stop);  // kDenied
  // Images as one tar, read by other engines too (store/archived_images.h). `open` is called with the tar's size once
  // nothing can be refused any more, and says where to write it: a socket, which is waited for up to a minute at a
  // time.
  using OpenArchive = std::function<sys::Fd(std::uint64_t size)>;
  void save_images(const std::vector<std::string>& references, const OpenArchive& open) const;  // kNotFound
  // `name`: for an archive of one image, in place of its own; empty otherwise. -> the images' names
  std::vector<std::string> load_images(const ArchiveSource& source, const std::string& name);
  // An image of one layer, of a root file system's tar. -> the manifest's digest
  std::string import_image(const wire::ImportRequest& request, const ArchiveSource& source);
  // An image of a container's image and what it has changed since. -> the manifest's digest
  std::string commit(const wire::CommitRequest& request, std::stop_token stop);
  // The root file system of a container as a tar, whether it runs or not; volumes and other mounts are empty.
  void export_container(const std::string& reference, const ArchiveSink& sink, std::stop_token stop) const;

  std::vector<wire::DiskUsage> disk_usage() const;
  // Removes what nothing needs: layers and blobs without an image, leftovers of crashes; with `build_cache` the records
  // of the build cache first.
  wire::PruneReport prune(bool build_cache);
  // Calls `log` only once file, names, context, base image and COPY sources are found good; what is wrong with them is
  // thrown before. Throws when the build fails.
  void build(const wire::BuildRequest& request, const LogSink& log, std::stop_token stop);

 private:
  std::unique_ptr<EngineState> state_;
};

}  // namespace minibox::engine
