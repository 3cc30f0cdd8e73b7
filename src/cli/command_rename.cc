#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_rename(const Args& args, const Context& context) {
  Options options("rename CONTAINER NAME",
                  "Gives a container another name. Its host name follows when it is started the next time.");
  if (!options.parse(args, 2, 2)) return 0;
  write_out(client::Client(context.environment).rename(options.words()[0], options.words()[1]));
  return 0;
}

}  // namespace minibox::cli
