#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_ping(const Args& args, const Context& context) {
  Options options("ping", "Asks the daemon whether it runs.");
  if (!options.parse(args, 0, 0)) return 0;
  write_out(client::Client(context.environment).ping() + "\n");
  return 0;
}

}  // namespace minibox::cli
