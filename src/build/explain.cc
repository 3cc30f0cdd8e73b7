#include "build/explain.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace minibox::build {
namespace {

using nlohmann::json;

constexpr size_t kMaxReasons = 3;
constexpr size_t kShort = 16;  // hex digits of a hash that are enough to tell two states apart

// Same instructions may stand twice in a block.
std::map<std::string, std::pair<std::string, KeyPart::Kind>> by_name(const std::vector<KeyPart>& parts) {
  std::map<std::string, std::pair<std::string, KeyPart::Kind>> named;
  std::map<std::string, int> times;
  for (const KeyPart& part : parts) {
    const int time = ++times[part.what];
    named[part.what + (time > 1 ? " (" + std::to_string(time) + ")" : "")] = {part.value, part.kind};
  }
  return named;
}

bool lies_below(const std::string& path, const std::string& directory) {
  return directory == "." ? path != "." : path.starts_with(directory + "/");
}

void compare_files(const FileValues& before, const FileValues& now, std::vector<std::string>& reasons) {
  FileValues changes;  // path -> how
  for (const auto& [path, value] : now) {
    const auto old = before.find(path);
    if (old == before.end()) changes[path] = "is new";
    if (old != before.end() && old->second != value.substr(0, kShort)) changes[path] = "changed";
  }
  for (const auto& [path, value] : before) {
    if (!now.contains(path)) changes[path] = "is gone";
  }
  // A directory differs because of what is in it.
  const auto has_change_below = [&](const std::string& directory) {
    return std::any_of(changes.begin(), changes.end(),
                       [&](const auto& one) { return lies_below(one.first, directory); });
  };
  for (const auto& [path, how] : changes) {
    if (reasons.size() > kMaxRecordedFiles || has_change_below(path)) continue;
    reasons.push_back(path + " " + how);
  }
}

void compare_source(const std::string& source, const BlockRecord& before, const BlockRecord& now,
                    std::vector<std::string>& reasons) {
  const size_t known = reasons.size();
  const auto old_files = before.files.find(source);
  const auto new_files = now.files.find(source);
  if (old_files != before.files.end() && new_files != now.files.end()) {
    compare_files(old_files->second, new_files->second, reasons);
  }
  if (reasons.size() == known) reasons.push_back(source + " changed");
}

std::string summary(const std::vector<std::string>& reasons) {
  const std::vector<std::string> first(reasons.begin(),
                                       reasons.begin() + static_cast<long>(std::min(reasons.size(), kMaxReasons)));
  const size_t more = reasons.size() - first.size();
  return join(first, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace

BuildRecord make_record(const Plan& plan, const std::function<FileValues(const std::string& source)>& files) {
  BuildRecord record;
  size_t count = 0;
  for (const PlannedBlock& block : plan.blocks) {
    BlockRecord& one = record[block.block->name];
    one.parts = block.key_parts;
    for (const KeyPart& part : block.key_parts) {
      if (part.kind != KeyPart::Kind::kContent || count > kMaxRecordedFiles) continue;
      FileValues values = files(part.what);
      count += values.size();
      if (count <= kMaxRecordedFiles) one.files[part.what] = std::move(values);
    }
  }
  return record;
}

std::string print_record(const BuildRecord& record) {
  json value = json::object();
  for (const auto& [name, block] : record) {
    json& one = value[name];
    one["parts"] = json::array();
    for (const KeyPart& part : block.parts) {
      one["parts"].push_back({static_cast<int>(part.kind), part.what, part.value.substr(0, kShort)});
    }
    one["files"] = json::object();
    for (const auto& [source, files] : block.files) {
      json& list = one["files"][source] = json::object();
      for (const auto& [path, hash] : files) list[path] = hash.substr(0, kShort);
    }
  }
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

BuildRecord parse_record(std::string_view text) {
  BuildRecord record;
  try {
    const json document = json::parse(text);
    for (const auto& [name, one] : document.items()) {
      BlockRecord& block = record[name];
      for (const json& part : one.at("parts")) {
        block.parts.push_back({static_cast<KeyPart::Kind>(part.at(0).get<int>()), part.at(1).get<std::string>(),
                               part.at(2).get<std::string>()});
      }
      for (const auto& [source, files] : one.at("files").items()) block.files[source] = files.get<FileValues>();
    }
  } catch (const json::exception&) {
    return {};
  }
  return record;
}

std::optional<std::string> describe_change(const BuildRecord& before, const BuildRecord& now,
                                           const std::string& block) {
  const auto old_block = before.find(block);
  if (old_block == before.end()) return std::nullopt;
  const BlockRecord& new_block = now.at(block);
  const auto old_parts = by_name(old_block->second.parts);
  const auto new_parts = by_name(new_block.parts);
  std::vector<std::string> reasons;
  for (const auto& [what, part] : new_parts) {
    const auto old = old_parts.find(what);
    if (old == old_parts.end()) {
      reasons.push_back(what + " is new");
    } else if (old->second.first.substr(0, kShort) != part.first.substr(0, kShort)) {
      if (part.second == KeyPart::Kind::kContent) {
        compare_source(what, old_block->second, new_block, reasons);
      } else {
        reasons.push_back(what + " changed");
      }
    }
  }
  for (const auto& [what, part] : old_parts) {
    if (!new_parts.contains(what)) reasons.push_back(what + " is gone");
  }
  for (const KeyPart& part : new_block.parts) {
    if (part.kind == KeyPart::Kind::kStack && reasons.size() > 1) std::erase(reasons, part.what + " changed");
  }
  return summary(reasons);
}

}  // namespace minibox::build
