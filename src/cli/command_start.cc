#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/foreground.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_start(const Args& args, const Context& context) {
  bool attach = false;
  Joint joint;
  Options options("start [OPTIONS] CONTAINER...", "Starts stopped containers again, detached.");
  options.flag("-a,--attach", attach, "one only: stream its output, end with its exit status")
      .flag("-i,--interactive", joint.input, "with -a: feed our stdin to it, if it was run with -i")
      .text("--detach-keys", "KEYS", joint.detach_keys, "leave its terminal with these keys (ctrl-p,ctrl-q)");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  if (joint.input && !attach) options.refuse("-i goes with -a only");
  client::Client client(context.environment);
  if (attach) {
    if (options.words().size() != 1) options.refuse("-a takes one container");
    return start_in_foreground(client, options.words()[0], std::move(joint));
  }
  return for_each_object("start", options.words(), context,
                         [&](const std::string& reference) { return client.start(reference); });
}

}  // namespace minibox::cli
