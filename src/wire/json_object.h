// Strict reading of JSON that came from outside. Included by wire's .cc files only: nlohmann stays out of headers.
//
// Refused, as Error kInvalid that begins with `what` and names the field: broken JSON, invalid UTF-8, duplicate names,
// nesting deeper than kMaxDepth (a body of "[[[[..." must not cost memory), too many parts, wrong types, numbers out of
// range, NUL bytes in strings (they would cut arguments and paths short), unknown fields.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace minibox::wire {

inline constexpr int kMaxDepth = 16;

// At most `max_parts` names, values and brackets: each costs up to a hundred bytes of memory for two or three of text.
nlohmann::json parse_json(const std::string& text, const std::string& what, size_t max_parts = 4'000'000);
// The same for an array, kInvalid when it is something else.
nlohmann::json parse_json_list(const std::string& text, const std::string& what);

// UTF-8 that is not valid (an error text with a path's raw bytes) is replaced, never thrown.
std::string print_json(const nlohmann::json& value);

class ObjectReader {
 public:
  ObjectReader(const nlohmann::json& object, std::string what);

  // Each leaves `out` as it is when the field is absent.
  void read(const char* field, std::string& out);
  void read(const char* field, bool& out);
  void read(const char* field, std::int64_t& out, std::int64_t min, std::int64_t max);
  void read(const char* field, double& out, double min, double max);
  void read(const char* field, std::vector<std::string>& out);
  void read(const char* field, std::map<std::string, std::string>& out);
  void read(const char* field, std::multimap<std::string, std::string>& out);  // values: texts, or arrays of them
  const nlohmann::json* object(const char* field);  // for a reader of its own; nothing when it is absent
  void refuse_unknown() const;                      // after the last read()

  [[noreturn]] void refuse(const std::string& why) const;

 private:
  const nlohmann::json* find(const char* field);
  const nlohmann::json* object_of_texts(const char* field);  // null when it is absent; the values are not looked at
  std::string text_of(const char* field, const nlohmann::json& value) const;

  const nlohmann::json& object_;
  std::string what_;
  std::set<std::string> known_;
};

// What run and exec demand alike.
void read_size(ObjectReader& reader, std::int64_t& rows, std::int64_t& columns);  // of a terminal
void check_env(const ObjectReader& reader, const std::vector<std::string>& env);
void check_workdir(const ObjectReader& reader, const std::string& workdir);

}  // namespace minibox::wire
