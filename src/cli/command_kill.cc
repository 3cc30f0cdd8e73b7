#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_kill(const Args& args, const Context& context) {
  Options options("kill CONTAINER...", "Ends containers at once (SIGKILL).");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("kill", options.words(), context,
                         [&](const std::string& reference) { return client.kill(reference); });
}

}  // namespace minibox::cli
