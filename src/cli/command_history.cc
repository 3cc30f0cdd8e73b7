#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "client/client.h"

namespace minibox::cli {

int command_history(const Args& args, const Context& context) {
  Options options("history IMAGE", "Lists what an image was made of, the newest first.");
  if (!options.parse(args, 1, 1)) return 0;
  const nlohmann::json image =
      nlohmann::json::parse(client::Client(context.environment).inspect_image(options.words()[0]));
  std::vector<HistoryRow> rows;
  for (const nlohmann::json& entry : image.at("History"))
    rows.push_back({entry.value("created", ""), entry.value("created_by", ""), entry.value("comment", "")});
  if (rows.empty()) {  // nobody wrote it down: the layers are what there is
    for (const nlohmann::json& layer : image.at("RootFS").at("Layers"))
      rows.push_back({"", "-", layer.get<std::string>()});
  }
  write_out(history_table(rows, style_of(STDOUT_FILENO, context.environment)));
  return 0;
}

}  // namespace minibox::cli
