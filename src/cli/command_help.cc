#include "base/text.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace minibox::cli {
namespace {

constexpr size_t kNameWidth = 10;

std::string overview() {
  std::string text =
      "minibox  \u2014  minimal container engine (linux)\n\nusage: minibox COMMAND [OPTIONS] "
      "[ARGUMENTS]\n\ncommands:\n";
  for (const Command& command : all_commands()) {
    text += "  " + std::string(command.name) + std::string(kNameWidth - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  return text +
         "\nenvironment:\n"
         "  MINIBOX_API        where the daemon is: http://ADDRESS:PORT or unix:/path\n"
         "  MINIBOX_SOCKET     the daemon's unix socket (default /run/minibox/minibox.sock)\n"
         "  MINIBOX_API_TOKEN  the daemon's token, if it has one\n"
         "\n'minibox COMMAND --help' tells more about a command.\n";
}

}  // namespace

int command_help(const Args& args, const Context& context) {
  if (args.empty() || args[0] == "help") {
    write_out(overview());
    return 0;
  }
  const Command* command = find_command(args[0]);
  if (command == nullptr) usage_error("", "unknown command " + quote(args[0]));
  return command->run({"--help"}, context);
}

}  // namespace minibox::cli
