#include "wire/build_report.h"

#include <limits>

#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr const char* kWhat = "build report";

BuildReport::Block parse_block(const nlohmann::json& value) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  ObjectReader reader(value, kWhat);
  BuildReport::Block block;
  reader.read("name", block.name);
  reader.read("waits_for", block.waits_for);
  reader.read("in_image", block.in_image);
  reader.read("cached", block.cached);
  reader.read("start_us", block.start_us, 0, kMax);
  reader.read("spent_us", block.spent_us, 0, kMax);
  reader.read("size", block.size, 0, kMax);
  reader.read("change", block.change);
  return block;
}

}  // namespace

BuildReport BuildReport::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, kWhat);
  ObjectReader reader(value, kWhat);
  BuildReport report;
  reader.read("image", report.image);
  reader.read("total_us", report.total_us, 0, std::numeric_limits<std::int64_t>::max());
  if (value.contains("blocks") && value["blocks"].is_array()) {
    for (const nlohmann::json& block : value["blocks"]) report.blocks.push_back(parse_block(block));
  }
  return report;
}

std::string BuildReport::print() const {
  nlohmann::json value = {{"image", image}, {"total_us", total_us}, {"blocks", nlohmann::json::array()}};
  for (const Block& block : blocks) {
    value["blocks"].push_back({{"name", block.name},
                               {"waits_for", block.waits_for},
                               {"in_image", block.in_image},
                               {"cached", block.cached},
                               {"start_us", block.start_us},
                               {"spent_us", block.spent_us},
                               {"size", block.size},
                               {"change", block.change}});
  }
  return print_json(value);
}

}  // namespace minibox::wire
