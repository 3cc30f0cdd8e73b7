#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "wire/version.h"

namespace minibox::cli {

int command_version(const Args& args, const Context&) {
  Options options("version", "Prints the version of this program.");
  if (!options.parse(args, 0, 0)) return 0;
  write_out("minibox " + std::string(wire::version()) + "\n");
  return 0;
}

}  // namespace minibox::cli
