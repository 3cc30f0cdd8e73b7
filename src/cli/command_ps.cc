#include <unistd.h>

#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "client/client.h"

namespace minibox::cli {

int command_ps(const Args& args, const Context& context) {
  bool all = false;
  bool ids_only = false;
  bool json = false;
  Options options("ps [OPTIONS]", "Lists the running containers.");
  options.flag("-a,--all", all, "those that have ended too")
      .flag("-q,--quiet", ids_only, "only their ids")
      .flag("--json", json, "as a JSON array of objects");
  if (!options.parse(args, 0, 0)) return 0;
  const Containers containers = client::Client(context.environment).list_containers();
  if (ids_only) {
    write_out(container_ids(containers, all));
    return 0;
  }
  write_out(json ? containers_json(containers, all)
                 : containers_table(containers, all, style_of(STDOUT_FILENO, context.environment)));
  return 0;
}

}  // namespace minibox::cli
