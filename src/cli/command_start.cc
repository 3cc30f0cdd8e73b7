#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_start(const Args& args, const Context& context) {
  Options options("start CONTAINER...", "Starts stopped containers again, detached.");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("start", options.words(), context,
                         [&](const std::string& reference) { return client.start(reference); });
}

}  // namespace minibox::cli
