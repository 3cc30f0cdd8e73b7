#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/auth_file.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/streamed_log.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_push(const Args& args, const Context& context) {
  Options options("push IMAGE", "Sends an image to the registry that its name says; minibox tag gives it such a name.");
  if (!options.parse(args, 1, 1)) return 0;
  const std::string& image = options.words()[0];
  client::Client client(context.environment);
  StreamedLog log(style_of(STDOUT_FILENO, context.environment), "[error] push failed: ", write_out);
  const bool pushed =
      client.push(image, auth_for_image(image, context), [&](std::string_view bytes) { log.add(bytes); });
  log.finish();
  if (!pushed) throw Error(ErrorKind::kUnavailable, "image " + quote(image) + " was not pushed" + log.reason());
  return 0;
}

}  // namespace minibox::cli
