#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_wait(const Args& args, const Context& context) {
  Options options("wait CONTAINER...",
                  "Waits until each container has ended and prints its exit status, one a line. Of one that has ended "
                  "already\nit prints the last.");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("wait for", options.words(), context,
                         [&](const std::string& reference) { return client.wait(reference); });
}

}  // namespace minibox::cli
