#include <unistd.h>

#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/ps_selection.h"
#include "cli/run_options.h"
#include "cli/tables.h"
#include "client/client.h"

namespace minibox::cli {

int command_ps(const Args& args, const Context& context) {
  bool all = false;
  bool ids_only = false;
  bool json = false;
  std::string format;
  std::vector<std::string> filters;
  Options options("ps [OPTIONS]", "Lists the running containers.");
  options.flag("-a,--all", all, "those that have ended too")
      .flag("-q,--quiet", ids_only, "only their ids")
      .list("-f,--filter", "KEY=VALUE", filters, "only those: name=, id=, status=, label=NAME[=VALUE]")
      .text("--format", "TEXT", format, "a line each: {{.ID}} {{.Names}} {{.Image}} {{.Status}} {{.Ports}} {{.Labels}}")
      .flag("--json", json, "as a JSON array of objects");
  if (!options.parse(args, 0, 0)) return 0;
  PsFilter filter;
  for_option("--filter", filters, [&](const std::string& value) { filter.add(value); });
  if (!format.empty()) containers_formatted({{"", {}}}, true, format);  // what is wrong with it, whatever is listed
  all = all || filter.wants_stopped();
  const Containers containers = filter.apply(client::Client(context.environment).list_containers());
  if (!format.empty()) {
    write_out(containers_formatted(containers, all, format));
    return 0;
  }
  if (ids_only) {
    write_out(container_ids(containers, all));
    return 0;
  }
  write_out(json ? containers_json(containers, all)
                 : containers_table(containers, all, style_of(STDOUT_FILENO, context.environment)));
  return 0;
}

}  // namespace minibox::cli
