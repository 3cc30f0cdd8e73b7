#include "cli/pull_image.h"

#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/auth_file.h"
#include "cli/build_log.h"
#include "cli/terminal.h"

namespace minibox::cli {
namespace {

constexpr int kEngineError = 125;

// Other things can be not found as well: a volume, a user.
bool is_missing(client::Client& client, const std::string& image) {
  try {
    client.inspect_image(image);
    return false;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kNotFound;
  }
}

}  // namespace

void pull_image(client::Client& client, const std::string& image, const std::string& platform, int stream,
                const Context& context) {
  const wire::RegistryAuth auth = auth_for_image(image, context);
  BuildLogPainter painter(style_of(stream, context.environment));
  const bool pulled =
      client.pull(image, platform, auth, [&](std::string_view bytes) { write_to(stream, painter.paint(bytes)); });
  write_to(stream, painter.rest());
  // The log's last line has said why.
  if (!pulled) throw Error(ErrorKind::kUnavailable, "image " + quote(image) + " was not pulled");
}

PullPolicy pull_policy_of(const std::string& word) {
  if (word == "always") return PullPolicy::kAlways;
  return word == "never" ? PullPolicy::kNever : PullPolicy::kMissing;
}

int run_with_image(client::Client& client, const std::string& image, PullPolicy policy, bool lazy,
                   const Context& context, const std::function<int()>& run) {
  if (policy == PullPolicy::kAlways) pull_image(client, image, {}, STDERR_FILENO, context);
  std::string missing;
  try {
    return run();
  } catch (const Error& error) {
    const ErrorKind kind = lazy ? ErrorKind::kUnsupported : ErrorKind::kNotFound;
    const bool about_image = error.kind() == kind && error.exit_code() == kEngineError;
    if (policy != PullPolicy::kMissing || !about_image || !is_missing(client, image)) throw;
    missing = error.text();
    if (lazy) write_to(STDERR_FILENO, "minibox: " + missing + "\n");
  }
  try {
    pull_image(client, image, {}, STDERR_FILENO, context);
  } catch (Error& error) {
    Error both(error.kind(), missing + ", and it can't be pulled: " + error.text());
    throw both.with_hint(error.hint());
  }
  return run();
}

}  // namespace minibox::cli
