#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_stop(const Args& args, const Context& context) {
  std::int64_t seconds = 10;
  Options options("stop [OPTIONS] CONTAINER...",
                  "Asks containers to end (SIGTERM) and ends those that do not (SIGKILL).");
  options.number("-t,--time", "SECONDS", seconds, 0, 600, "how long to wait before SIGKILL (10)");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("stop", options.words(), context, [&](const std::string& reference) {
    return client.stop(reference, static_cast<int>(seconds));
  });
}

}  // namespace minibox::cli
