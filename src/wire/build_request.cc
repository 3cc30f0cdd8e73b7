#include "wire/build_request.h"

#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr size_t kMaxParts = 10'000;  // of the JSON text

}  // namespace

BuildRequest BuildRequest::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, "Invalid request", kMaxParts);
  ObjectReader reader(value, "Invalid request");
  BuildRequest request;
  reader.read("image", request.image);
  reader.read("minibox", request.minibox);
  reader.read("context", request.context);
  reader.read("file", request.file);
  reader.read("no_cache", request.no_cache);
  reader.read("source_date_epoch", request.source_date_epoch, 0, kMaxSourceDateEpoch);
  reader.refuse_unknown();
  if (request.file.empty()) request.file = "MiniBox";
  return request;
}

std::string BuildRequest::print() const {
  nlohmann::json value = {{"image", image}, {"minibox", minibox}, {"context", context}};
  if (!file.empty()) value["file"] = file;
  if (no_cache) value["no_cache"] = true;
  if (source_date_epoch != 0) value["source_date_epoch"] = source_date_epoch;
  return print_json(value);
}

}  // namespace minibox::wire
