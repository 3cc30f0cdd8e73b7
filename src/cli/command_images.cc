#include <unistd.h>

#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "client/client.h"

namespace minibox::cli {

int command_images(const Args& args, const Context& context) {
  bool ids_only = false;
  bool json = false;
  Options options("images [OPTIONS]", "Lists the images.");
  options.flag("-q,--quiet", ids_only, "only their ids").flag("--json", json, "as a JSON array of objects");
  if (!options.parse(args, 0, 0)) return 0;
  const std::vector<wire::ImageSummary> images = client::Client(context.environment).list_images();
  if (ids_only) {
    write_out(image_ids(images));
    return 0;
  }
  write_out(json ? images_json(images) : images_table(images, style_of(STDOUT_FILENO, context.environment)));
  return 0;
}

}  // namespace minibox::cli
