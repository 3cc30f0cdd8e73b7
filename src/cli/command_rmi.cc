#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_rmi(const Args& args, const Context& context) {
  Options options("rmi IMAGE...", "Removes images.");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("remove image", options.words(), context,
                         [&](const std::string& reference) { return client.remove_image(reference); });
}

}  // namespace minibox::cli
