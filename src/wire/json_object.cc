#include "wire/json_object.h"

#include <cmath>

#include "base/error.h"
#include "base/json_error.h"
#include "base/text.h"

namespace minibox::wire {

using nlohmann::json;

namespace {

// Sees each event of the parser: nlohmann itself takes any depth and silently keeps the last of duplicate names.
class Inspector {
 public:
  Inspector(const std::string& what, size_t max_events) : what_(what), max_events_(max_events) {}

  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    if (++events_ > max_events_) throw Error(ErrorKind::kInvalid, what_ + ": it has too many parts");
    if (depth > kMaxDepth) throw Error(ErrorKind::kInvalid, what_ + ": nested too deeply");
    if (event == json::parse_event_t::object_start) names_.emplace_back();
    if (event == json::parse_event_t::object_end) names_.pop_back();
    if (event == json::parse_event_t::key && !names_.back().insert(parsed.get<std::string>()).second) {
      throw Error(ErrorKind::kInvalid, what_ + ": field " + quote(parsed.get<std::string>()) + " is given twice");
    }
    return true;
  }

 private:
  const std::string& what_;
  size_t max_events_;
  size_t events_ = 0;
  std::vector<std::set<std::string>> names_;
};

}  // namespace

json parse_json(const std::string& text, const std::string& what, size_t max_parts) {
  try {
    return json::parse(text, Inspector(what, max_parts));
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kInvalid, what).with_hint("it is no valid JSON: " + describe_json_error(text, error));
  }
}

json parse_json_list(const std::string& text, const std::string& what) {
  json value = parse_json(text, what);
  if (!value.is_array()) throw Error(ErrorKind::kInvalid, what + ": a JSON array is expected");
  return value;
}

std::string print_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

ObjectReader::ObjectReader(const json& object, std::string what) : object_(object), what_(std::move(what)) {
  if (!object_.is_object()) refuse("a JSON object is expected");
}

void ObjectReader::refuse(const std::string& why) const {
  throw Error(ErrorKind::kInvalid, what_ + ": " + why);
}

const json* ObjectReader::find(const char* field) {
  known_.insert(field);
  const auto it = object_.find(field);
  return it == object_.end() ? nullptr : &*it;
}

std::string ObjectReader::text_of(const char* field, const json& value) const {
  if (!value.is_string()) refuse("field " + quote(field) + " must be text");
  std::string text = value.get<std::string>();
  if (text.find('\0') != std::string::npos) refuse("field " + quote(field) + " contains a NUL byte: " + quote(text));
  return text;
}

void ObjectReader::read(const char* field, std::string& out) {
  if (const json* value = find(field)) out = text_of(field, *value);
}

void ObjectReader::read(const char* field, bool& out) {
  const json* value = find(field);
  if (value == nullptr) return;
  if (!value->is_boolean()) refuse("field " + quote(field) + " must be true or false");
  out = value->get<bool>();
}

void ObjectReader::read(const char* field, std::int64_t& out, std::int64_t min, std::int64_t max) {
  const json* value = find(field);
  if (value == nullptr) return;
  const bool too_big =
      value->is_number_unsigned() &&
      value->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value->is_number_integer() || too_big || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
    refuse("field " + quote(field) + " must be a whole number from " + std::to_string(min) + " to " +
           std::to_string(max) + ", not " + quote(print_json(*value)));
  }
  out = value->get<std::int64_t>();
}

void ObjectReader::read(const char* field, double& out, double min, double max) {
  const json* value = find(field);
  if (value == nullptr) return;
  if (!value->is_number() || !std::isfinite(value->get<double>()) || value->get<double>() < min ||
      value->get<double>() > max) {
    refuse("field " + quote(field) + " must be a number from " + print_json(min) + " to " + print_json(max) + ", not " +
           quote(print_json(*value)));
  }
  out = value->get<double>();
}

void ObjectReader::read(const char* field, std::vector<std::string>& out) {
  const json* value = find(field);
  if (value == nullptr || value->is_null()) return;
  if (!value->is_array()) refuse("field " + quote(field) + " must be a list of texts");
  out.clear();
  for (const json& item : *value) out.push_back(text_of(field, item));
}

const json* ObjectReader::object_of_texts(const char* field) {
  const json* value = find(field);
  if (value == nullptr || value->is_null()) return nullptr;
  if (!value->is_object()) refuse("field " + quote(field) + " must be an object of texts");
  for (const auto& [name, item] : value->items()) {
    if (name.find('\0') != std::string::npos) refuse("field " + quote(field) + " contains a NUL byte: " + quote(name));
  }
  return value;
}

void ObjectReader::read(const char* field, std::map<std::string, std::string>& out) {
  const json* value = object_of_texts(field);
  if (value == nullptr) return;
  out.clear();
  for (const auto& [name, item] : value->items()) out[name] = text_of(field, item);
}

void ObjectReader::read(const char* field, std::multimap<std::string, std::string>& out) {
  const json* value = object_of_texts(field);
  if (value == nullptr) return;
  out.clear();
  for (const auto& [name, item] : value->items()) {
    if (!item.is_array()) out.emplace(name, text_of(field, item));
    for (const json& one : item.is_array() ? item : json::array()) out.emplace(name, text_of(field, one));
  }
}

const json* ObjectReader::object(const char* field) {
  return find(field);
}

void ObjectReader::refuse_unknown() const {
  for (const auto& [name, value] : object_.items()) {
    if (known_.count(name) != 0) continue;
    Error error(ErrorKind::kInvalid, what_ + ": unknown field " + quote(name));
    const std::string near = nearest(name, {known_.begin(), known_.end()});
    if (!near.empty()) error.with_hint("did you mean " + quote(near) + "?");
    throw error;
  }
}

void read_size(ObjectReader& reader, std::int64_t& rows, std::int64_t& columns) {
  reader.read("rows", rows, 0, 65'535);
  reader.read("columns", columns, 0, 65'535);
}

void check_env(const ObjectReader& reader, const std::vector<std::string>& env) {
  for (const std::string& entry : env) {
    if (entry.find('=') == std::string::npos || entry.front() == '=') {
      reader.refuse("field 'env' must be of the form NAME=VALUE, not " + quote(entry));
    }
  }
}

void check_workdir(const ObjectReader& reader, const std::string& workdir) {
  if (!workdir.empty() && workdir.front() != '/') {
    reader.refuse("field 'workdir' must be an absolute path, not " + quote(workdir));
  }
}

}  // namespace minibox::wire
