#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_port(const Args& args, const Context& context) {
  Options options("port CONTAINER [PORT[/tcp]]",
                  "Lists the published ports of a container, or where one is published.");
  if (!options.parse(args, 1, 2)) return 0;
  const std::string container = client::Client(context.environment).inspect_container(options.words()[0]);
  const nlohmann::json ports = nlohmann::json::parse(container).at("NetworkSettings").at("Ports");
  const bool one = options.words().size() == 2;
  std::string wanted = one ? options.words()[1] : "";
  if (one && wanted.find('/') == std::string::npos) wanted += "/tcp";
  std::string text;
  for (const auto& [port, places] : ports.items()) {
    if (one && port != wanted) continue;
    for (const nlohmann::json& place : places) {
      text += (one ? "" : port + " -> ") + place.at("HostIp").get<std::string>() + ":" +
              place.at("HostPort").get<std::string>() + "\n";
    }
  }
  if (one && text.empty())
    throw Error(ErrorKind::kNotFound,
                "port " + quote(wanted) + " of container " + quote(options.words()[0]) + " is not published");
  write_out(text);
  return 0;
}

}  // namespace minibox::cli
