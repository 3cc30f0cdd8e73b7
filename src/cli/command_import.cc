#include "base/text.h"
#include "cli/archive_file.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_import(const Args& args, const Context& context) {
  wire::ImportRequest request;
  Options options(
      "import [OPTIONS] FILE|- NAME",
      "Makes an image of the tar of a root file system, which may be compressed (gzip, zstd), and prints its\n"
      "digest. '-' is stdin.");
  options.list("-c,--change", "INSTRUCTION", request.changes, "'CMD [\"sh\"]', 'ENV A=1', 'USER 5', ...; repeatable")
      .text("-m,--message", "TEXT", request.message, "a note in the image's history");
  if (!options.parse(args, 2, 2)) return 0;
  request.image = options.words()[1];
  const LocalFile input = open_archive_input(options.words()[0]);
  client::Upload upload = client::Client(context.environment).import_image(request);
  send_archive(upload, input);
  write_out(upload.finish());
  return 0;
}

}  // namespace minibox::cli
