#include "wire/image_requests.h"

#include "base/error.h"
#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr char kWhat[] = "Invalid request";

}  // namespace

ImportRequest ImportRequest::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, kWhat);
  ObjectReader reader(value, kWhat);
  ImportRequest request;
  reader.read("image", request.image);
  reader.read("message", request.message);
  reader.read("changes", request.changes);
  reader.refuse_unknown();
  if (request.image.empty()) throw Error(ErrorKind::kInvalid, "Image name is required");
  return request;
}

std::string ImportRequest::print() const {
  return print_json({{"image", image}, {"message", message}, {"changes", changes}});
}

CommitRequest CommitRequest::parse(const std::string& json) {
  const nlohmann::json value = parse_json(json, kWhat);
  ObjectReader reader(value, kWhat);
  CommitRequest request;
  reader.read("id", request.id);
  reader.read("image", request.image);
  reader.read("author", request.author);
  reader.read("message", request.message);
  reader.read("changes", request.changes);
  reader.read("pause", request.pause);
  reader.refuse_unknown();
  if (request.id.empty()) throw Error(ErrorKind::kInvalid, "Container ID is required");
  if (request.image.empty()) throw Error(ErrorKind::kInvalid, "Image name is required");
  return request;
}

std::string CommitRequest::print() const {
  return print_json(
      {{"id", id}, {"image", image}, {"author", author}, {"message", message}, {"changes", changes}, {"pause", pause}});
}

}  // namespace minibox::wire
