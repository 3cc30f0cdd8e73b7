#include "wire/file_change.h"

#include "wire/json_object.h"

namespace minibox::wire {

std::vector<FileChange> FileChange::parse_list(const std::string& json) {
  constexpr char kWhat[] = "unexpected list of changes";
  const nlohmann::json value = parse_json_list(json, kWhat);
  std::vector<FileChange> changes;
  for (const nlohmann::json& one : value) {
    ObjectReader reader(one, kWhat);
    FileChange change;
    std::string kind;
    reader.read("kind", kind);
    reader.read("path", change.path);
    if (kind.size() != 1) reader.refuse("field 'kind' must be one letter");
    change.kind = kind[0];
    changes.push_back(std::move(change));
  }
  return changes;
}

std::string FileChange::print_list(const std::vector<FileChange>& changes) {
  nlohmann::json value = nlohmann::json::array();
  for (const FileChange& change : changes) {
    value.push_back({{"kind", std::string(1, change.kind)}, {"path", change.path}});
  }
  return print_json(value);
}

}  // namespace minibox::wire
