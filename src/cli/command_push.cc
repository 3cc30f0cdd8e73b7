#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/auth_file.h"
#include "cli/build_log.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_push(const Args& args, const Context& context) {
  Options options("push IMAGE", "Sends an image to the registry that its name says; minibox tag gives it such a name.");
  if (!options.parse(args, 1, 1)) return 0;
  const std::string& image = options.words()[0];
  client::Client client(context.environment);
  BuildLogPainter painter(style_of(STDOUT_FILENO, context.environment));
  const bool pushed = client.push(image, auth_for_image(image, context),
                                  [&](std::string_view bytes) { write_out(painter.paint(bytes)); });
  write_out(painter.rest());
  // The log's last line has said why.
  if (!pushed) throw Error(ErrorKind::kUnavailable, "image " + quote(image) + " was not pushed");
  return 0;
}

}  // namespace minibox::cli
