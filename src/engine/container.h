// One container as the daemon knows it. The record is what containers/<id>/state.json holds; the rest lives only while
// the daemon does. The use case that changes a container holds its mutex; the monitor takes it when the container ends.
#pragma once

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
  std::vector<oci::Digest> layers;  // diff_ids, bottom first: what the root file system is made of

  static ContainerRecord parse(const std::string& json);  // Error kCorrupt
  std::string print() const;
};

struct Container {
  std::mutex mutex;
  std::condition_variable ended;  // notified when the container has ended
  ContainerRecord record;
  std::string directory;              // containers/<id>
  std::optional<runtime::Shim> shim;  // while it runs, and until the shim has gone
  std::optional<network::Attachment> network;
  std::stop_source life;  // stopped when the container ends; a new one for each start
  bool removed = false;

  bool running() const { return record.info.status == "running"; }

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

// The containers by id and name. Thread-safe.
class ContainerTable {
 public:
  // kExists when the name is taken. An empty name is no name.
  void insert(const ContainerPtr& container);
  void erase(const std::string& id);
  // By id, name or unique prefix of an id; kNotFound "container not found".
  ContainerPtr find(const std::string& reference) const;
  bool contains(const std::string& id) const;
  std::vector<ContainerPtr> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ContainerPtr> by_id_;
  std::map<std::string, std::string> id_by_name_;
};

}  // namespace minibox::engine
