// hosts, hostname and resolv.conf in a bundle, bound over the image's own by the container's set-up, which follows no
// symlink of the image.
#pragma once

#include <string>

namespace minibox::engine {

struct Names {
  std::string ip;  // empty without a network
  std::string hostname;
  std::string id;
};

void write_name_files(const std::string& bundle, const Names& names);

}  // namespace minibox::engine
