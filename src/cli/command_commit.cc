#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_commit(const Args& args, const Context& context) {
  wire::CommitRequest request;
  Options options("commit [OPTIONS] CONTAINER NAME",
                  "Makes an image of a container: its image, and what it has changed in its files as one more layer.\n"
                  "Prints the image's digest. Volumes are not part of it.");
  options.list("-c,--change", "INSTRUCTION", request.changes, "'CMD [\"sh\"]', 'ENV A=1', 'USER 5', ...; repeatable")
      .text("-m,--message", "TEXT", request.message, "a note in the image's history")
      .text("-a,--author", "TEXT", request.author, "who made it")
      .flag("-p,--pause", request.pause, "stop its processes meanwhile (default; --pause=false)");
  if (!options.parse(args, 2, 2)) return 0;
  request.id = options.words()[0];
  request.image = options.words()[1];
  write_out(client::Client(context.environment).commit(request));
  return 0;
}

}  // namespace minibox::cli
