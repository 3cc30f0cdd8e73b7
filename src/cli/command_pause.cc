#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_pause(const Args& args, const Context& context) {
  Options options("pause CONTAINER...", "Stops every process of containers until unpause.");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("pause", options.words(), context,
                         [&](const std::string& reference) { return client.pause(reference); });
}

}  // namespace minibox::cli
