#include "base/path.h"
#include "cli/archive_file.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {

int command_save(const Args& args, const Context& context) {
  std::string file;
  Options options(
      "save IMAGE [FILE] | save -o FILE IMAGE...",
      "Writes images into one tar archive: an OCI image layout and a docker-archive at once, which docker,\n"
      "podman and skopeo read as well as minibox load. Without FILE, or with '-', to stdout.");
  options.text("-o,--output", "FILE", file, "the archive; several images may follow");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  std::vector<std::string> images = options.words();
  if (file.empty() && images.size() > 2) options.refuse("several images need -o FILE");
  if (file.empty() && images.size() == 2) {
    file = images[1];
    images.pop_back();
  }
  ArchiveOutput output(file);
  receive_archive(*client::Client(context.environment).save_images(images), output);
  if (is_standard_stream(file)) return 0;
  const std::string path = resolve_path(current_directory(), file);
  for (const std::string& image : images) write_out("Saved image " + image + " to " + path + "\n");
  return 0;
}

}  // namespace minibox::cli
