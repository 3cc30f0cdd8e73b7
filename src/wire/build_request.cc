#include "wire/build_request.h"

#include "base/base64.h"
#include "base/text.h"
#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr size_t kMaxParts = 10'000;  // of the JSON text

// The value itself has no place in a message.
std::string decoded(const ObjectReader& reader, const std::string& name, const std::string& text) {
  const std::optional<std::string> bytes = base64_decode(text);
  if (!bytes) reader.refuse("secret " + quote(name) + " is not base64");
  return *bytes;
}

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
  reader.read("explain", request.explain);
  reader.read("report", request.report);
  reader.read("lenient", request.lenient);
  reader.read("target", request.target);
  reader.read("build_args", request.build_args);
  reader.read("secrets", request.secrets);
  reader.read("network", request.network);
  reader.read("cache_dirs", request.cache_dirs);
  reader.read("cache_from", request.cache_from);
  reader.read("cache_to", request.cache_to);
  for (auto& [name, text] : request.secrets) text = decoded(reader, name, text);
  reader.refuse_unknown();
  if (request.file.empty()) request.file = "MiniBox";
  return request;
}

std::string BuildRequest::print() const {
  nlohmann::json value = {{"image", image}, {"minibox", minibox}, {"context", context}};
  if (!file.empty()) value["file"] = file;
  if (no_cache) value["no_cache"] = true;
  if (source_date_epoch != 0) value["source_date_epoch"] = source_date_epoch;
  if (explain) value["explain"] = true;
  if (report) value["report"] = true;
  if (lenient) value["lenient"] = true;
  if (!target.empty()) value["target"] = target;
  if (!build_args.empty()) value["build_args"] = build_args;
  for (const auto& [name, bytes] : secrets) value["secrets"][name] = base64_encode(bytes);
  if (!network.empty()) value["network"] = network;
  if (!cache_dirs.empty()) value["cache_dirs"] = cache_dirs;
  if (!cache_from.empty()) value["cache_from"] = cache_from;
  if (!cache_to.empty()) value["cache_to"] = cache_to;
  return print_json(value);
}

}  // namespace minibox::wire
