#include "wire/update_request.h"

#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr size_t kMaxParts = 100;  // of the JSON text

template <typename Number>
void read(const nlohmann::json& value, ObjectReader& reader, const char* field, std::optional<Number>& out, Number min,
          Number max) {
  Number number{};
  reader.read(field, number, min, max);
  if (value.contains(field)) out = number;
}

}  // namespace

UpdateRequest UpdateRequest::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, "Invalid request", kMaxParts);
  ObjectReader reader(value, "Invalid request");
  UpdateRequest request;
  read(value, reader, "memory", request.memory, std::int64_t{0}, kMaxMemoryMb);
  read(value, reader, "memory_swap", request.memory_swap, std::int64_t{-1}, kMaxMemoryMb);
  read(value, reader, "cpu", request.cpu, std::int64_t{0}, kMaxQuotaUs);
  read(value, reader, "cpus", request.cpus, 0.0, kMaxCores);
  read(value, reader, "pids_limit", request.pids_limit, std::int64_t{-1}, kMaxPids);
  reader.refuse_unknown();
  if (request.cpu && request.cpus) reader.refuse("'cpu' and 'cpus' exclude each other");
  if (request.empty()) reader.refuse("no limit is given");
  return request;
}

std::string UpdateRequest::print() const {
  nlohmann::json value = nlohmann::json::object();
  if (memory) value["memory"] = *memory;
  if (memory_swap) value["memory_swap"] = *memory_swap;
  if (cpu) value["cpu"] = *cpu;
  if (cpus) value["cpus"] = *cpus;
  if (pids_limit) value["pids_limit"] = *pids_limit;
  return print_json(value);
}

RunRequest UpdateRequest::applied_to(RunRequest request) const {
  request.memory = memory.value_or(request.memory);
  request.memory_swap = memory_swap.value_or(request.memory_swap);
  if (cpu || cpus) {
    request.cpu = cpu.value_or(0);
    request.cpus = cpus.value_or(0);
  }
  request.pids_limit = pids_limit.value_or(request.pids_limit);
  return request;
}

}  // namespace minibox::wire
