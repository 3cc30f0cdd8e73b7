#include <unistd.h>

#include "base/platform_name.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/pull_image.h"

namespace minibox::cli {

int command_pull(const Args& args, const Context& context) {
  std::string platform;
  Options options("pull [OPTIONS] IMAGE", "Fetches an image from its registry.");
  options.custom(
      "--platform", "OS/ARCH",
      [&](const std::string& text) {
        parse_platform_name(text);  // the daemon would refuse it as well
        platform = text;
      },
      "of an image for several machines, another than this machine's");
  if (!options.parse(args, 1, 1)) return 0;
  client::Client client(context.environment);
  pull_image(client, options.words()[0], platform, STDOUT_FILENO, context);
  return 0;
}

}  // namespace minibox::cli
