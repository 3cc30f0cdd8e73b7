#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

using Containers = std::map<std::string, wire::ContainerInfo>;

std::string count(const Containers& containers, const std::vector<std::string>& statuses) {
  return std::to_string(std::count_if(containers.begin(), containers.end(), [&](const auto& entry) {
    return std::find(statuses.begin(), statuses.end(), entry.second.status) != statuses.end();
  }));
}

}  // namespace

int command_info(const Args& args, const Context& context) {
  Options options("info", "Tells the daemon's version and what it holds.");
  if (!options.parse(args, 0, 0)) return 0;
  client::Client client(context.environment);
  const nlohmann::json version = nlohmann::json::parse(client.version());
  const Containers containers = client.list_containers();
  write_out("Server Version: " + printable(version.value("version", "")) +
            "\nContainers: " + std::to_string(containers.size()) + "\n Running: " + count(containers, {"running"}) +
            "\n Paused: " + count(containers, {"paused"}) + "\n Restarting: " + count(containers, {"restarting"}) +
            "\n Stopped: " + count(containers, {"exited", "created"}) +
            "\nImages: " + std::to_string(client.list_images().size()) +
            "\nVolumes: " + std::to_string(client.list_volumes().size()) + "\n");
  return 0;
}

}  // namespace minibox::cli
