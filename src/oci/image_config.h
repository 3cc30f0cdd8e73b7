// Image config: what to run and the layers' identities (OCI image spec, config.md), with Docker's Healthcheck. Plain
// value: registries, the builder and the launch planner meet here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/digest.h"

namespace minibox::oci {

struct Healthcheck {              // times in nanoseconds, 0 is the engine's default
  std::vector<std::string> test;  // {"NONE"}, {"CMD", argv...} or {"CMD-SHELL", line}
  std::int64_t interval = 0;
  std::int64_t timeout = 0;
  std::int64_t start_period = 0;
  std::int64_t start_interval = 0;
  std::int64_t retries = 0;
  bool operator==(const Healthcheck&) const = default;

  static Healthcheck parse(std::string_view bytes);  // a JSON object with Docker's keys; kInvalid
  std::string print() const;
};

struct HistoryEntry {
  std::string created;
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
  bool operator==(const HistoryEntry&) const = default;
};

struct ContainerDefaults {  // the property "config"
  std::string user;         // "", "name", "uid", "name:group", ...
  std::vector<std::string> env;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;
  std::map<std::string, std::string> labels;
  std::vector<std::string> exposed_ports;  // "80/tcp"
  std::vector<std::string> volumes;        // absolute paths
  std::optional<Healthcheck> healthcheck;
  std::string stop_signal;
  bool operator==(const ContainerDefaults&) const = default;
};

struct ImageConfig {
  std::string created;  // RFC 3339 or empty
  std::string author;
  std::string architecture = "amd64";
  std::string os = "linux";
  std::string variant;

  ContainerDefaults config;

  std::vector<Digest> diff_ids;  // of the uncompressed layers, bottom first
  std::vector<HistoryEntry> history;

  bool operator==(const ImageConfig&) const = default;

  static ImageConfig parse(std::string_view bytes);  // kInvalid
  std::string print() const;                         // for configs we make; empty properties are left out
};

}  // namespace minibox::oci
