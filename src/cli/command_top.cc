#include <unistd.h>

#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "client/client.h"

namespace minibox::cli {

int command_top(const Args& args, const Context& context) {
  Options options("top CONTAINER",
                  "Lists the processes of a container: the ids as it sees them, and the pid that the host sees.");
  if (!options.parse(args, 1, 1)) return 0;
  const std::vector<wire::ProcessEntry> processes = client::Client(context.environment).top(options.words()[0]);
  write_out(processes_table(processes, style_of(STDOUT_FILENO, context.environment)));
  return 0;
}

}  // namespace minibox::cli
