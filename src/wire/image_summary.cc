#include "wire/image_summary.h"

#include "wire/json_object.h"

namespace minibox::wire {
namespace {

constexpr char kWhat[] = "unexpected list of images";

}  // namespace

std::vector<ImageSummary> ImageSummary::parse_list(const std::string& json) {
  const nlohmann::json value = parse_json_list(json, kWhat);
  std::vector<ImageSummary> images;
  for (const nlohmann::json& one : value) {
    ObjectReader reader(one, kWhat);
    ImageSummary image;
    std::int64_t size = 0;
    reader.read("name", image.name);
    reader.read("size_bytes", size, 0, std::numeric_limits<std::int64_t>::max());
    reader.read("digest", image.digest);
    reader.read("created", image.created);
    image.size_bytes = static_cast<std::uint64_t>(size);
    images.push_back(std::move(image));
  }
  return images;
}

std::string ImageSummary::print_list(const std::vector<ImageSummary>& images) {
  nlohmann::json value = nlohmann::json::array();
  for (const ImageSummary& image : images) {
    nlohmann::json one = {{"name", image.name}, {"size_bytes", image.size_bytes}, {"digest", image.digest}};
    if (!image.created.empty()) one["created"] = image.created;
    value.push_back(std::move(one));
  }
  return print_json(value);
}

}  // namespace minibox::wire
