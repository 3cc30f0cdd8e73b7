#include "wire/timing.h"

#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr char kWhat[] = "unexpected list of timed steps";

}  // namespace

std::string print_steps(const std::vector<TimedStep>& steps) {
  nlohmann::json value = nlohmann::json::array();
  for (const TimedStep& step : steps) value.push_back({{"where", step.where}, {"name", step.name}, {"us", step.us}});
  return print_json(value);
}

std::vector<TimedStep> parse_steps(const std::string& json) {
  const nlohmann::json value = parse_json_list(json, kWhat);
  std::vector<TimedStep> steps;
  for (const nlohmann::json& one : value) {
    ObjectReader reader(one, kWhat);
    TimedStep step;
    reader.read("where", step.where);
    reader.read("name", step.name);
    reader.read("us", step.us, 0, std::numeric_limits<std::int64_t>::max());
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace minibox::wire
