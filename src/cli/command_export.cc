#include "cli/archive_file.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_export(const Args& args, const Context& context) {
  std::string file;
  Options options(
      "export [-o FILE] CONTAINER",
      "Writes the root file system of a container, running or not, as one tar; volumes are empty directories\n"
      "in it. Without -o, or with '-', to stdout.");
  options.text("-o,--output", "FILE", file, "the archive");
  if (!options.parse(args, 1, 1)) return 0;
  ArchiveOutput output(file);
  receive_archive(*client::Client(context.environment).export_container(options.words()[0]), output);
  return 0;
}

}  // namespace minibox::cli
