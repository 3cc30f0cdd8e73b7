// One container as the daemon knows it. The record is what containers/<id>/state.json holds; the rest lives only while
// the daemon does. The use case that changes a container holds its mutex; the monitor takes it when the container ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/container_health.h"
#include "network/network.h"
#include "oci/digest.h"
#include "oci/image_config.h"
#include "runtime/shim_client.h"
#include "wire/container_info.h"
#include "wire/run_request.h"

namespace minibox::engine {

struct ContainerRecord {
  wire::ContainerInfo info;
  wire::RunRequest request;
  bool stopped = false;             // its end was asked for: the restart policy leaves it alone; kStoppedFile
  std::vector<oci::Digest> layers;  // diff_ids, bottom first: what the root file system is made of
  std::optional<oci::Healthcheck> healthcheck;  // of the image and the request, since the last start
  std::string stop_signal;                      // the same; "" is TERM

  static ContainerRecord parse(const std::string& json);  // Error kCorrupt
  std::string print() const;
};

// What the processor time of a container was when somebody last asked for its statistics. Has a mutex of its own: who
// looks does not wait for a start.
struct CpuSample {
  std::mutex mutex;
  std::string life;  // started_at
  std::uint64_t cpu_us = 0;
  std::int64_t at_us = 0;  // monotonic
};

class StoppedFiles;

inline bool is_running(const wire::ContainerInfo& info) {  // a paused one does too
  return info.status == "running" || info.status == "paused";
}

struct Container {
  std::mutex mutex;
  std::condition_variable ended;  // notified when the container has ended
  ContainerRecord record;
  std::string directory;              // containers/<id>
  std::set<std::string> volumes;      // names; never changes, and is read without the mutex
  std::optional<runtime::Shim> shim;  // while it runs, and until the shim has gone
  std::optional<network::Attachment> network;
  CpuSample cpu_sample;
  std::stop_source life;  // stopped when the container ends; a new one for each start
  // Of this life, set before `life` is stopped. Who waits keeps it: the container may have been started again since.
  std::shared_ptr<std::atomic<int>> exit_code = std::make_shared<std::atomic<int>>(-1);
  bool keep = false;            // a restart is under way: --rm does not erase it
  std::int64_t started_us = 0;  // monotonic, of this life
  unsigned short_lives = 0;     // in a row, ended by themselves: the delay before the next restart grows with them
  bool removed = false;
  // While somebody copies files of it and it does not run (engine/stopped_files.h).
  std::weak_ptr<const StoppedFiles> files;
  bool files_mounted = false;  // until the last one's end is complete
  std::condition_variable files_free;

  Container() = default;
  explicit Container(ContainerRecord what) : record(std::move(what)) {
    for (const auto& [name, target] : record.request.named_volumes) volumes.insert(name);
  }

  bool running() const { return is_running(record.info); }
  bool paused() const { return record.info.status == "paused"; }

  // What others are shown. A use case may hold `mutex` for as long as a start takes; nobody who only looks waits for
  // it.
  void show() {
    const std::lock_guard lock(shown_mutex_);
    shown_ = record.info;
  }
  wire::ContainerInfo shown() const {
    const std::lock_guard lock(shown_mutex_);
    wire::ContainerInfo info = shown_;
    if (health_ && is_running(info)) info.health = health_->status();
    return info;
  }
  // Of this life, or of the last one; nothing without a health check.
  void set_health(std::shared_ptr<ContainerHealth> health) {
    const std::lock_guard lock(shown_mutex_);
    health_ = std::move(health);
  }
  std::shared_ptr<ContainerHealth> health() const {
    const std::lock_guard lock(shown_mutex_);
    return health_;
  }

 private:
  mutable std::mutex shown_mutex_;
  wire::ContainerInfo shown_;
  std::shared_ptr<ContainerHealth> health_;
};

using ContainerPtr = std::shared_ptr<Container>;

// Error kInvalid for what is no name: letters, digits, '_', '.' and '-', at most 64, the first a letter or digit.
void check_container_name(const std::string& name);

// The containers by id and name. Thread-safe.
class ContainerTable {
 public:
  // kExists when the name is taken. An empty name is no name.
  void insert(const ContainerPtr& container);
  void erase(const std::string& id);
  void rename(const std::string& id, const std::string& name);  // kExists; the record is the caller's
  // By id, name or unique prefix of an id; kNotFound "container not found".
  ContainerPtr find(const std::string& reference) const;
  bool contains(const std::string& id) const;
  std::vector<ContainerPtr> all() const;

 private:
  void check_free(const std::string& name) const;  // kExists; the caller holds mutex_
  mutable std::mutex mutex_;
  std::map<std::string, ContainerPtr> by_id_;
  std::map<std::string, std::string> id_by_name_;
};

}  // namespace minibox::engine
