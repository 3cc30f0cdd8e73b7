#include "base/path.h"
#include "base/text.h"
#include "cli/archive_file.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_load(const Args& args, const Context& context) {
  std::string file;
  std::string name;
  bool quiet = false;
  Options options(
      "load [OPTIONS] [FILE]",
      "Reads the images of a tar archive, which may be compressed (gzip, zstd): of minibox save, docker save,\n"
      "podman save, skopeo, or an OCI image layout. Without FILE, or with '-', from stdin.");
  options.text("-i,--input", "FILE", file, "the archive")
      .text("-t,--tag", "NAME", name, "name of the image, when the archive holds one")
      .flag("-q,--quiet", quiet, "don't list the images");
  if (!options.parse(args, 0, 1)) return 0;
  if (!options.words().empty()) {
    if (!file.empty()) options.refuse("the archive is given twice");
    file = options.words()[0];
  }
  const LocalFile input = open_archive_input(file);
  client::Upload upload = client::Client(context.environment).load_images(name);
  send_archive(upload, input);
  const std::string from = is_standard_stream(file) ? "" : " from " + resolve_path(current_directory(), file);
  for (const std::string& image : split(trim(upload.finish()), '\n')) {
    if (!quiet) write_out("Loaded image " + printable(image) + from + "\n");
  }
  return 0;
}

}  // namespace minibox::cli
