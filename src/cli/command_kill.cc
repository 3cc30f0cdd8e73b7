#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "client/client.h"

namespace minibox::cli {

int command_kill(const Args& args, const Context& context) {
  std::string signal;
  Options options("kill [OPTIONS] CONTAINER...", "Ends containers at once (SIGKILL), or sends them another signal.");
  options.custom("-s,--signal", "SIGNAL", signal_into("--signal", signal),
                 "the signal: HUP, SIGUSR1, 15; any but KILL need not end them");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("kill", options.words(), context,
                         [&](const std::string& reference) { return client.kill(reference, signal); });
}

}  // namespace minibox::cli
