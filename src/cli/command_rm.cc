#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_rm(const Args& args, const Context& context) {
  bool force = false;
  Options options("rm [OPTIONS] CONTAINER...", "Removes containers that have ended, with all they wrote.");
  options.flag("-f,--force", force, "end running ones first");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("remove", options.words(), context,
                         [&](const std::string& reference) { return client.remove(reference, force); });
}

}  // namespace minibox::cli
