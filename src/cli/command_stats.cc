#include <poll.h>
#include <unistd.h>

#include <map>

#include "base/error.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

constexpr int kIntervalMs = 1000;
constexpr int kFirstIntervalMs = 200;  // between the two looks that a percentage needs

void pause_for(int milliseconds) {
  ::poll(nullptr, 0, milliseconds);
}

// Containers given by name must be there the first time; what ends later leaves the table.
std::vector<StatsRow> look(client::Client& client, const std::vector<std::string>& given) {
  std::vector<StatsRow> rows;
  const Containers containers = client.list_containers();
  std::vector<std::string> references = given;
  if (given.empty()) {
    for (const auto& [id, info] : containers) {
      if (is_up(info)) references.push_back(id);
    }
  }
  for (const std::string& reference : references) {
    try {
      StatsRow row{client.stats(reference), ""};
      const auto info = containers.find(row.stats.id);
      if (info != containers.end()) row.name = info->second.name;
      rows.push_back(std::move(row));
    } catch (const Error& error) {
      const bool gone = error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kConflict;
      if (!gone || references.size() == 1) throw;
    }
  }
  return rows;
}

}  // namespace

int command_stats(const Args& args, const Context& context) {
  bool once = false;
  bool json = false;
  Options options("stats [OPTIONS] [CONTAINER...]",
                  "Prints what containers use, every second; all that run unless some are named. Network traffic is "
                  "seen from the\ncontainer: input is what it received.");
  options.flag("--no-stream", once, "print it once").flag("--json", json, "once, as a JSON array of objects");
  if (!options.parse(args, 0, Options::kAny)) return 0;
  client::Client client(context.environment);
  const Style style = style_of(STDOUT_FILENO, context.environment);
  look(client, options.words());
  pause_for(kFirstIntervalMs);
  if (json) {
    write_out(stats_json(look(client, options.words())));
    return 0;
  }
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  for (;;) {
    const std::vector<StatsRow> rows = look(client, options.words());
    if (terminal && !once) write_out("\033[H\033[J");
    write_out(stats_table(rows, style));
    if (once || (rows.empty() && !options.words().empty())) return 0;
    pause_for(kIntervalMs);
  }
}

}  // namespace minibox::cli
