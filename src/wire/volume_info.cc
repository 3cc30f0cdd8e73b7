#include "wire/volume_info.h"

#include "wire/json_object.h"

namespace minibox::wire {

std::vector<VolumeInfo> VolumeInfo::parse_list(const std::string& json) {
  constexpr char kWhat[] = "unexpected list of volumes";
  const nlohmann::json value = parse_json_list(json, kWhat);
  std::vector<VolumeInfo> volumes;
  for (const nlohmann::json& one : value) {
    ObjectReader reader(one, kWhat);
    VolumeInfo volume;
    reader.read("name", volume.name);
    reader.read("mountpoint", volume.mountpoint);
    reader.read("created_at", volume.created_at);
    reader.read("used_by", volume.used_by);
    volumes.push_back(std::move(volume));
  }
  return volumes;
}

std::string VolumeInfo::print_list(const std::vector<VolumeInfo>& volumes) {
  nlohmann::json value = nlohmann::json::array();
  for (const VolumeInfo& volume : volumes) {
    value.push_back({{"name", volume.name},
                     {"mountpoint", volume.mountpoint},
                     {"created_at", volume.created_at},
                     {"used_by", volume.used_by}});
  }
  return print_json(value);
}

}  // namespace minibox::wire
