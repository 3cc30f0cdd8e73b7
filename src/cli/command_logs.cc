#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

// "10m": so long ago, on this machine's clock. Else as the daemon takes it.
std::string absolute_time(const Options& options, const char* option, const std::string& since) {
  if (parse_time(since)) return since;
  const std::string units = "smhd";
  constexpr std::int64_t kSeconds[] = {1, 60, 3600, 86'400};
  const size_t unit = since.empty() ? std::string::npos : units.find(since.back());
  const auto count = parse_int(since.substr(0, since.empty() ? 0 : since.size() - 1), 0, 1'000'000'000);
  if (unit == std::string::npos || !count)
    options.refuse(std::string(option) + " " + quote(since) +
                   ": a time as 2026-01-31T12:00:00Z, seconds since 1970, or 10m for ten minutes ago");
  const std::int64_t now = realtime_ns() / 1'000'000'000;
  return std::to_string(std::max<std::int64_t>(now - *count * kSeconds[unit], 0));
}

}  // namespace

int command_logs(const Args& args, const Context& context) {
  client::Client::LogOptions request;
  std::string since;
  std::string until;
  Options options("logs [OPTIONS] CONTAINER", "Prints what a container has written, each stream to its own.");
  options.flag("-f,--follow", request.follow, "go on until the container has ended for good")
      .custom(
          "-n,--tail", "LINES",
          [&](const std::string& lines) {
            if (lines != "all" && !parse_int(lines, 0, INT64_MAX))
              options.refuse("--tail needs a number of lines or 'all', not " + quote(lines));
            request.tail = lines;
          },
          "only the last LINES lines, or 'all'")
      .text("--since", "TIME", since,
            "only from TIME on: 2026-01-31T12:00:00Z, seconds since 1970, or 10m (s, m, h, d)")
      .text("--until", "TIME", until, "only what was written before TIME")
      .flag("-t,--timestamps", request.timestamps, "the time before each line");
  if (!options.parse(args, 1, 1)) return 0;
  if (!since.empty()) request.since = absolute_time(options, "--since", since);
  if (!until.empty()) request.until = absolute_time(options, "--until", until);
  client::Client(context.environment).logs(options.words()[0], request, [](const client::Frame& frame) {
    write_to(frame.stream == wire::Stream::kStderr ? STDERR_FILENO : STDOUT_FILENO, frame.payload);
  });
  return 0;
}

}  // namespace minibox::cli
