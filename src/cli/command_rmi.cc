#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_rmi(const Args& args, const Context& context) {
  bool force = false;
  Options options("rmi [-f] IMAGE...", "Removes images, by name or id.");
  options.flag("-f,--force", force, "by id: all the names that the image has");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  return for_each_object("remove image", options.words(), context,
                         [&](const std::string& reference) { return client.remove_image(reference, force); });
}

}  // namespace minibox::cli
