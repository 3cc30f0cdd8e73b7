#include "oci/runtime_spec.h"

// Boost.JSON here and not nlohmann: the shim parses this file on the hot path of every start, in a small static program
// (docs/decisions/0006-boost-json-for-config-json.md).
#include <boost/json/src.hpp>

#include "base/error.h"

namespace minibox::oci {
namespace {

using Value = boost::json::value;

[[noreturn]] void invalid(const std::string& property, const std::string& why) {
  throw Error(ErrorKind::kInvalid, "config.json: " + property + ": " + why);
}

// A property's value with its name, for messages. Absent values are null.
class Node {
 public:
  Node(const Value* value, std::string name) : value_(value), name_(std::move(name)) {}

  bool present() const { return value_ != nullptr && !value_->is_null(); }
  const Value& value() const { return *value_; }

  Node child(const char* key) const {
    if (!present()) return {nullptr, name_};
    if (!value_->is_object()) invalid(name_, "not an object");
    return {value_->get_object().if_contains(key), name_ + "." + key};
  }
  template <typename Visit>
  void each(Visit visit) const {
    if (!present()) return;
    if (!value_->is_array()) invalid(name_, "not an array");
    for (const Value& item : value_->get_array()) visit(Node(&item, name_ + "[]"));
  }
  std::string text(const char* fallback = "") const {
    if (!present()) return fallback;
    if (!value_->is_string()) invalid(name_, "not a string");
    return std::string(value_->get_string());
  }
  bool flag(bool fallback) const {
    if (!present()) return fallback;
    if (!value_->is_bool()) invalid(name_, "not a boolean");
    return value_->get_bool();
  }
  std::int64_t integer() const {
    if (!present() || !value_->is_int64()) invalid(name_, "not an integer");
    return value_->get_int64();
  }
  std::uint64_t natural() const {
    if (present() && value_->is_uint64()) return value_->get_uint64();
    const std::int64_t number = integer();
    if (number < 0) invalid(name_, "negative");
    return static_cast<std::uint64_t>(number);
  }
  unsigned natural32() const {
    const std::uint64_t number = natural();
    if (number > UINT32_MAX) invalid(name_, "larger than 32 bits");
    return static_cast<unsigned>(number);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> list;
    each([&](const Node& item) { list.push_back(item.text()); });
    return list;
  }
  std::map<std::string, std::string> text_map() const {
    std::map<std::string, std::string> map;
    if (!present()) return map;
    if (!value_->is_object()) invalid(name_, "not an object");
    for (const auto& [key, item] : value_->get_object()) map[std::string(key)] = Node(&item, name_ + "[]").text();
    return map;
  }
  std::optional<std::int64_t> maybe_integer() const {
    return present() ? std::optional<std::int64_t>(integer()) : std::nullopt;
  }

 private:
  const Value* value_;
  std::string name_;
};

std::vector<IdMapping> parse_mappings(const Node& node) {
  std::vector<IdMapping> mappings;
  node.each([&](const Node& item) {
    mappings.push_back(
        {item.child("containerID").natural32(), item.child("hostID").natural32(), item.child("size").natural32()});
  });
  return mappings;
}

Process parse_process(const Node& node) {
  Process process;
  process.terminal = node.child("terminal").flag(false);
  const Node size = node.child("consoleSize");
  if (size.present()) {
    process.console_height = size.child("height").natural32();
    process.console_width = size.child("width").natural32();
  }
  const Node user = node.child("user");
  if (user.present()) {
    process.user.uid = user.child("uid").natural32();
    process.user.gid = user.child("gid").natural32();
    user.child("additionalGids").each([&](const Node& gid) {
      process.user.additional_gids.push_back(gid.natural32());
    });
  }
  process.args = node.child("args").texts();
  process.env = node.child("env").texts();
  process.cwd = node.child("cwd").text("/");
  const Node capabilities = node.child("capabilities");
  process.capabilities = {capabilities.child("bounding").texts(), capabilities.child("effective").texts(),
                          capabilities.child("permitted").texts(), capabilities.child("inheritable").texts(),
                          capabilities.child("ambient").texts()};
  node.child("rlimits").each([&](const Node& limit) {
    process.rlimits.push_back(
        {limit.child("type").text(), limit.child("soft").natural(), limit.child("hard").natural()});
  });
  process.no_new_privileges = node.child("noNewPrivileges").flag(false);
  const auto oom_score_adj = node.child("oomScoreAdj").maybe_integer();
  if (oom_score_adj) process.oom_score_adj = static_cast<int>(*oom_score_adj);
  return process;
}

Mount parse_mount(const Node& node) {
  return {node.child("destination").text(),
          node.child("type").text(),
          node.child("source").text(),
          node.child("options").texts(),
          parse_mappings(node.child("uidMappings")),
          parse_mappings(node.child("gidMappings"))};
}

Device parse_device(const Node& node) {
  Device device;
  device.path = node.child("path").text();
  const std::string type = node.child("type").text("c");
  if (type.size() != 1) invalid("linux.devices[].type", "not one letter");
  device.type = type[0];
  device.major = node.child("major").natural32();
  device.minor = node.child("minor").natural32();
  if (node.child("fileMode").present()) device.file_mode = node.child("fileMode").natural32();
  return device;
}

DeviceRule parse_device_rule(const Node& node) {
  const std::string type = node.child("type").text("a");
  if (type != "a" && type != "b" && type != "c") invalid("linux.resources.devices[].type", "not a, b or c");
  return {node.child("allow").flag(false), type[0], node.child("major").maybe_integer(),
          node.child("minor").maybe_integer(), node.child("access").text("rwm")};
}

Resources parse_resources(const Node& node) {
  Resources resources;
  resources.memory_limit = node.child("memory").child("limit").maybe_integer();
  resources.memory_swap = node.child("memory").child("swap").maybe_integer();
  resources.cpu_quota = node.child("cpu").child("quota").maybe_integer();
  if (node.child("cpu").child("period").present()) resources.cpu_period = node.child("cpu").child("period").natural();
  resources.pids_limit = node.child("pids").child("limit").maybe_integer();
  resources.cpuset_cpus = node.child("cpu").child("cpus").text();
  resources.block_io_weight = node.child("blockIO").child("weight").maybe_integer();
  node.child("devices").each([&](const Node& rule) { resources.devices.push_back(parse_device_rule(rule)); });
  return resources;
}

void parse_linux(const Node& node, RuntimeSpec& spec) {
  node.child("namespaces").each([&](const Node& item) {
    spec.namespaces.push_back({item.child("type").text(), item.child("path").text()});
  });
  spec.uid_mappings = parse_mappings(node.child("uidMappings"));
  spec.gid_mappings = parse_mappings(node.child("gidMappings"));
  node.child("devices").each([&](const Node& item) { spec.devices.push_back(parse_device(item)); });
  spec.cgroups_path = node.child("cgroupsPath").text();
  spec.resources = parse_resources(node.child("resources"));
  spec.masked_paths = node.child("maskedPaths").texts();
  spec.readonly_paths = node.child("readonlyPaths").texts();
  spec.sysctl = node.child("sysctl").text_map();
  const Node seccomp = node.child("seccomp");
  if (seccomp.present()) {
    spec.seccomp_json = boost::json::serialize(seccomp.value());
  }
}

// Writes JSON text in the order of the calls, so that print() reads like the document.
class Printer {
 public:
  std::string finish() { return out_ + "}"; }
  void text(const char* name, const std::string& value) {
    key(name);
    put(value);
  }
  void flag(const char* name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  void integer(const char* name, std::int64_t value) {
    key(name);
    out_ += std::to_string(value);
  }
  void natural(const char* name, std::uint64_t value) {
    key(name);
    out_ += std::to_string(value);
  }
  void texts(const char* name, const std::vector<std::string>& values) {
    array(name, values, [&](const std::string& value) { put(value); });
  }
  void text_map(const std::map<std::string, std::string>& map) {
    for (const auto& [name, value] : map) {
      separate();
      put(name);
      out_ += ':';
      put(value);
    }
  }
  template <typename Body>
  void object(const char* name, Body body) {
    key(name);
    braced(body);
  }
  template <typename List, typename Item>
  void array(const char* name, const List& list, Item item) {
    key(name);
    out_ += '[';
    for (const auto& element : list) {
      separate();
      item(element);
    }
    out_ += ']';
  }
  template <typename List, typename Item>
  void objects(const char* name, const List& list, Item item) {
    array(name, list, [&](const auto& element) { braced([&] { item(element); }); });
  }
  void raw(const char* name, const std::string& json) {
    key(name);
    out_ += json;
  }
  void put(const std::string& value) { out_ += boost::json::serialize(boost::json::string_view(value)); }
  void put(unsigned value) { out_ += std::to_string(value); }

 private:
  void separate() {
    if (out_.back() != '{' && out_.back() != '[') out_ += ',';
  }
  void key(const char* name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  template <typename Body>
  void braced(Body body) {
    out_ += '{';
    body();
    out_ += '}';
  }

  std::string out_ = "{";
};

void print_mappings(Printer& out, const char* name, const std::vector<IdMapping>& mappings) {
  if (mappings.empty()) return;
  out.objects(name, mappings, [&](const IdMapping& mapping) {
    out.natural("containerID", mapping.container_id);
    out.natural("hostID", mapping.host_id);
    out.natural("size", mapping.size);
  });
}

void print_process(Printer& out, const Process& process) {
  out.flag("terminal", process.terminal);
  if (process.console_height != 0 && process.console_width != 0) {
    out.object("consoleSize", [&] {
      out.natural("height", process.console_height);
      out.natural("width", process.console_width);
    });
  }
  out.object("user", [&] {
    out.natural("uid", process.user.uid);
    out.natural("gid", process.user.gid);
    if (!process.user.additional_gids.empty()) {
      out.array("additionalGids", process.user.additional_gids, [&](unsigned gid) { out.put(gid); });
    }
  });
  out.texts("args", process.args);
  out.texts("env", process.env);
  out.text("cwd", process.cwd);
  out.object("capabilities", [&] {
    out.texts("bounding", process.capabilities.bounding);
    out.texts("effective", process.capabilities.effective);
    out.texts("permitted", process.capabilities.permitted);
    out.texts("inheritable", process.capabilities.inheritable);
    out.texts("ambient", process.capabilities.ambient);
  });
  out.objects("rlimits", process.rlimits, [&](const Rlimit& limit) {
    out.text("type", limit.type);
    out.natural("soft", limit.soft);
    out.natural("hard", limit.hard);
  });
  out.flag("noNewPrivileges", process.no_new_privileges);
  if (process.oom_score_adj) out.integer("oomScoreAdj", *process.oom_score_adj);
}

void print_mount(Printer& out, const Mount& mount) {
  out.text("destination", mount.destination);
  if (!mount.type.empty()) out.text("type", mount.type);
  if (!mount.source.empty()) out.text("source", mount.source);
  if (!mount.options.empty()) out.texts("options", mount.options);
  print_mappings(out, "uidMappings", mount.uid_mappings);
  print_mappings(out, "gidMappings", mount.gid_mappings);
}

void print_resources(Printer& out, const Resources& resources) {
  if (resources.memory_limit || resources.memory_swap) {
    out.object("memory", [&] {
      if (resources.memory_limit) out.integer("limit", *resources.memory_limit);
      if (resources.memory_swap) out.integer("swap", *resources.memory_swap);
    });
  }
  if (resources.cpu_quota || resources.cpu_period || !resources.cpuset_cpus.empty()) {
    out.object("cpu", [&] {
      if (resources.cpu_quota) out.integer("quota", *resources.cpu_quota);
      if (resources.cpu_period) out.natural("period", *resources.cpu_period);
      if (!resources.cpuset_cpus.empty()) out.text("cpus", resources.cpuset_cpus);
    });
  }
  if (resources.pids_limit) out.object("pids", [&] { out.integer("limit", *resources.pids_limit); });
  if (resources.block_io_weight) out.object("blockIO", [&] { out.integer("weight", *resources.block_io_weight); });
  if (resources.devices.empty()) return;
  out.objects("devices", resources.devices, [&](const DeviceRule& rule) {
    out.flag("allow", rule.allow);
    out.text("type", std::string(1, rule.type));
    if (rule.major) out.integer("major", *rule.major);
    if (rule.minor) out.integer("minor", *rule.minor);
    out.text("access", rule.access);
  });
}

void print_linux(Printer& out, const RuntimeSpec& spec) {
  out.objects("namespaces", spec.namespaces, [&](const Namespace& entry) {
    out.text("type", entry.type);
    if (!entry.path.empty()) out.text("path", entry.path);
  });
  print_mappings(out, "uidMappings", spec.uid_mappings);
  print_mappings(out, "gidMappings", spec.gid_mappings);
  out.objects("devices", spec.devices, [&](const Device& device) {
    out.text("path", device.path);
    out.text("type", std::string(1, device.type));
    out.natural("major", device.major);
    out.natural("minor", device.minor);
    out.natural("fileMode", device.file_mode);
  });
  if (!spec.cgroups_path.empty()) out.text("cgroupsPath", spec.cgroups_path);
  out.object("resources", [&] { print_resources(out, spec.resources); });
  if (!spec.sysctl.empty()) out.object("sysctl", [&] { out.text_map(spec.sysctl); });
  if (!spec.seccomp_json.empty()) out.raw("seccomp", spec.seccomp_json);
  out.texts("maskedPaths", spec.masked_paths);
  out.texts("readonlyPaths", spec.readonly_paths);
}

}  // namespace

RuntimeSpec RuntimeSpec::parse(const std::string& json) {
  boost::json::error_code error;
  boost::json::monotonic_resource memory;
  const Value document = boost::json::parse(json, error, &memory);
  if (error) invalid("syntax", error.message());
  const Node root(&document, "config");
  RuntimeSpec spec;
  spec.process = parse_process(root.child("process"));
  spec.root_path = root.child("root").child("path").text("rootfs");
  spec.root_readonly = root.child("root").child("readonly").flag(false);
  spec.hostname = root.child("hostname").text();
  root.child("mounts").each([&](const Node& item) { spec.mounts.push_back(parse_mount(item)); });
  parse_linux(root.child("linux"), spec);
  spec.annotations = root.child("annotations").text_map();
  return spec;
}

std::string RuntimeSpec::print() const {
  Printer out;
  out.text("ociVersion", "1.2.0");
  out.object("process", [&] { print_process(out, process); });
  out.object("root", [&] {
    out.text("path", root_path);
    out.flag("readonly", root_readonly);
  });
  if (!hostname.empty()) out.text("hostname", hostname);
  out.objects("mounts", mounts, [&](const Mount& mount) { print_mount(out, mount); });
  out.object("linux", [&] { print_linux(out, *this); });
  if (!annotations.empty()) {
    out.object("annotations", [&] { out.text_map(annotations); });
  }
  return out.finish();
}

}  // namespace minibox::oci
