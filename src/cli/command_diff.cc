#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_diff(const Args& args, const Context& context) {
  Options options("diff CONTAINER",
                  "Lists what a container has added (A), changed (C) and deleted (D) in the files of its image.");
  if (!options.parse(args, 1, 1)) return 0;
  for (const wire::FileChange& change : client::Client(context.environment).diff(options.words()[0])) {
    write_out(std::string(1, change.kind) + " " + printable(change.path) + "\n");
  }
  return 0;
}

}  // namespace minibox::cli
