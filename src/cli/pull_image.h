// Pulling as several commands need it.
#pragma once

#include <functional>
#include <string>

#include "cli/command_table.h"
#include "client/client.h"

namespace minibox::cli {

// Prints the log on `stream`; Error when it fails.
void pull_image(client::Client& client, const std::string& image, const std::string& platform, int stream,
                const Context& context);

enum class PullPolicy { kMissing, kAlways, kNever };
PullPolicy pull_policy_of(const std::string& word);  // "always", "never"; any other is kMissing

// Calls `run`; when the image is not here, fetches it and calls `run` once more. The log goes to stderr. With `lazy`
// the daemon fetches what it runs; only when it can't run this image like that it is fetched here, after a line that
// says why.
int run_with_image(client::Client& client, const std::string& image, PullPolicy policy, bool lazy,
                   const Context& context, const std::function<int()>& run);

}  // namespace minibox::cli
