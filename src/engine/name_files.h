// hosts, hostname and resolv.conf in a bundle, bound over the image's own by the container's set-up, which follows no
// symlink of the image.
#pragma once

#include <string>
#include <vector>

#include "wire/run_request.h"

namespace minibox::engine {

struct Names {
  std::string ip;  // empty without a network
  std::string hostname;
  std::string id;
  std::vector<std::string> extra_hosts = {};  // "name:address", checked
  std::vector<std::string> dns = {};          // instead of the host's name servers, checked
};

// Error kInvalid for what can't be in these files: extra_hosts and dns of a request.
void check_names(const wire::RunRequest& request);

void write_name_files(const std::string& bundle, const Names& names);

}  // namespace minibox::engine
