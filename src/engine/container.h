// One container as the daemon knows it. The record is what containers/<id>/state.json holds; the rest lives only while
// the daemon does. The use case that changes a container holds its mutex; the monitor takes it when the container ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "network/network.h"
#include "oci/digest.h"
#include "runtime/shim_client.h"
#include "wire/container_info.h"
#include "wire/run_request.h"

namespace minibox::engine {

struct ContainerRecord {
  wire::ContainerInfo info;
  wire::RunRequest request;
  bool stopped = false;             // its end was asked for: the restart policy leaves it alone; kStoppedFile
  std::vector<oci::Digest> layers;  // diff_ids, bottom first: what the root file system is made of

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

struct Container {
  std::mutex mutex;
  std::condition_variable ended;  // notified when the container has ended
  ContainerRecord record;
  std::string directory;              // containers/<id>
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

  bool running() const { return record.info.status == "running" || paused(); }
  bool paused() const { return record.info.status == "paused"; }

  // What others are shown. A use case may hold `mutex` for as long as a start takes; nobody who only looks waits for
  // it.
  void show() {
    const std::lock_guard lock(shown_mutex_);
    shown_ = record.info;
  }
  wire::ContainerInfo shown() const {
    const std::lock_guard lock(shown_mutex_);
    return shown_;
  }

 private:
  mutable std::mutex shown_mutex_;
  wire::ContainerInfo shown_;
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
