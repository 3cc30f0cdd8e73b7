#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_restart(const Args& args, const Context& context) {
  std::int64_t seconds = 10;
  Options options("restart [OPTIONS] CONTAINER...",
                  "Stops containers as stop does and starts them again, detached. One that does not run is started.");
  options.number("-t,--time", "SECONDS", seconds, 0, 600, "how long to wait before SIGKILL (10)");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("restart", options.words(), context, [&](const std::string& reference) {
    return client.restart(reference, static_cast<int>(seconds));
  });
}

}  // namespace minibox::cli
