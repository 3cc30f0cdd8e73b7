#include <unistd.h>

#include <array>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

int list(const Args& args, const Context& context) {
  bool names_only = false;
  bool json = false;
  Options options("volume ls [OPTIONS]", "Lists the named volumes.");
  options.flag("-q,--quiet", names_only, "only their names").flag("--json", json, "as a JSON array of objects");
  if (!options.parse(args, 0, 0)) return 0;
  const std::vector<wire::VolumeInfo> volumes = client::Client(context.environment).list_volumes();
  if (names_only) {
    for (const wire::VolumeInfo& volume : volumes) write_out(volume.name + "\n");
  } else if (json) {
    write_out(nlohmann::ordered_json::parse(wire::VolumeInfo::print_list(volumes)).dump(2) + "\n");
  } else {
    write_out(volumes_table(volumes, style_of(STDOUT_FILENO, context.environment)));
  }
  return 0;
}

int create(const Args& args, const Context& context) {
  Options options("volume create [NAME]", "Makes a named volume and prints its name; without NAME one is made up.");
  if (!options.parse(args, 0, 1)) return 0;
  write_out(client::Client(context.environment).create_volume(options.words().empty() ? "" : options.words()[0]));
  return 0;
}

int inspect(const Args& args, const Context& context) {
  Options options("volume inspect NAME...", "Prints all about volumes: a JSON array of objects.");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  nlohmann::ordered_json volumes = nlohmann::ordered_json::array();
  for (const std::string& name : options.words())
    volumes.push_back(nlohmann::ordered_json::parse(client.inspect_volume(name)));
  write_out(volumes.dump(2) + "\n");
  return 0;
}

int remove(const Args& args, const Context& context) {
  bool force = false;
  Options options("volume rm [OPTIONS] NAME...",
                  "Removes volumes with all that is in them; one that a container uses, running or not, stays.");
  options.flag("-f,--force", force, "one that is not there is no error");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("remove volume", options.words(), context, [&](const std::string& name) {
    try {
      return client.remove_volume(name);
    } catch (const Error& error) {
      if (!force || error.kind() != ErrorKind::kNotFound) throw;
      return std::string();
    }
  });
}

// Data goes for good: nobody is taken to have meant it.
void confirm(const Options& options) {
  if (::isatty(STDIN_FILENO) == 0) options.refuse("nobody is there to be asked: give -f to remove all unused volumes");
  write_err("All volumes that no container uses will be removed, with all that is in them. Go on? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  if (to_lower(std::string(trim(answer))) != "y") throw Error(ErrorKind::kCancelled, "no volume was removed");
}

int prune(const Args& args, const Context& context) {
  bool force = false;
  Options options("volume prune [OPTIONS]", "Removes all volumes that no container uses, running or not.");
  options.flag("-f,--force", force, "do not ask");
  if (!options.parse(args, 0, 0)) return 0;
  if (!force) confirm(options);
  write_out(client::Client(context.environment).prune_volumes());
  return 0;
}

constexpr std::array kCommands = {
    Command{"ls", "list volumes", list},
    Command{"create", "make a volume", create},
    Command{"inspect", "print all about volumes, as JSON", inspect},
    Command{"rm", "remove volumes", remove},
    Command{"prune", "remove all volumes that no container uses", prune},
};

std::string overview() {
  std::string text =
      "usage: minibox volume COMMAND [OPTIONS] [ARGUMENTS]\n\n"
      "Named volumes: what is in them stays when containers go.\n\ncommands:\n";
  for (const Command& command : kCommands)
    text += "  " + std::string(command.name) + std::string(10 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  return text;
}

}  // namespace

int command_volume(const Args& args, const Context& context) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    write_out(overview());
    return 0;
  }
  const std::string name = args[0] == "list" ? "ls" : args[0] == "remove" ? "rm" : args[0];
  for (const Command& command : kCommands) {
    if (command.name == name) return command.run(Args(args.begin() + 1, args.end()), context);
  }
  usage_error("volume", "unknown command " + quote("volume " + args[0]));
}

}  // namespace minibox::cli
