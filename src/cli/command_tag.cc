#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_tag(const Args& args, const Context& context) {
  Options options("tag IMAGE NAME", "Gives an image one more name; what had it before loses it.");
  if (!options.parse(args, 2, 2)) return 0;
  write_out(client::Client(context.environment).tag(options.words()[0], options.words()[1]));
  return 0;
}

}  // namespace minibox::cli
