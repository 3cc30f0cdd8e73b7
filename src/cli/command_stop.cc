#include <algorithm>
#include <vector>

#include "cli/command_table.h"
#include "cli/each_object.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

constexpr size_t kAtOnce = 32;  // half of what the daemon serves at once

}  // namespace

int command_stop(const Args& args, const Context& context) {
  std::int64_t seconds = 10;
  Options options("stop [OPTIONS] CONTAINER...",
                  "Asks containers to end (SIGTERM) and ends those that do not (SIGKILL).");
  options.number("-t,--time", "SECONDS", seconds, 0, 600, "how long to wait before SIGKILL (10)");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  const std::vector<std::string>& references = options.words();
  int status = 0;
  // All of a batch are asked to end before the first is waited for: they share the time, they don't add theirs up.
  for (size_t at = 0; at < references.size(); at += kAtOnce) {
    const std::vector<std::string> batch(
        references.begin() + static_cast<std::ptrdiff_t>(at),
        references.begin() + static_cast<std::ptrdiff_t>(std::min(at + kAtOnce, references.size())));
    std::vector<client::PendingCall> calls;
    for (const std::string& reference : batch) calls.push_back(client.begin_stop(reference, static_cast<int>(seconds)));
    auto next = calls.begin();
    status |= for_each_object("stop", batch, context, [&](const std::string&) { return std::move(*next++).finish(); });
  }
  return status;
}

}  // namespace minibox::cli
