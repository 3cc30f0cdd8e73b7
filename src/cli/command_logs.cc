#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_logs(const Args& args, const Context& context) {
  bool follow = false;
  Options options("logs [OPTIONS] CONTAINER", "Prints what a container has written, stdout and stderr together.");
  options.flag("-f,--follow", follow, "go on until the container has ended");
  if (!options.parse(args, 1, 1)) return 0;
  client::Client(context.environment).logs(options.words()[0], follow, write_out);
  return 0;
}

}  // namespace minibox::cli
