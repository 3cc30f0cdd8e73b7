#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_unpause(const Args& args, const Context& context) {
  Options options("unpause CONTAINER...", "Lets paused containers go on.");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("unpause", options.words(), context,
                         [&](const std::string& reference) { return client.unpause(reference); });
}

}  // namespace minibox::cli
