#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

using Json = nlohmann::ordered_json;

// A container when there is one of this name, otherwise an image.
std::string find(client::Client& client, const std::string& reference) {
  const bool maybe_container = reference.find_first_of("/:") == std::string::npos;
  try {
    if (maybe_container) return client.inspect_container(reference);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
  }
  try {
    return client.inspect_image(reference);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound || !maybe_container) throw;
    Error neither(ErrorKind::kNotFound, "no container " + quote(reference) + ", and " + error.text());
    throw neither.with_hint(error.hint());
  }
}

}  // namespace

int command_inspect(const Args& args, const Context& context) {
  Options options("inspect CONTAINER|IMAGE...", "Prints all about containers and images: a JSON array of objects.");
  if (!options.parse(args, 1, Options::kAny)) return 0;
  client::Client client(context.environment);
  Json list = Json::array();
  for (const std::string& reference : options.words()) list.push_back(Json::parse(find(client, reference)));
  // Names, labels and what probes print are anybody's: as escapes, no control character reaches the terminal.
  constexpr bool kAsciiOnly = true;
  write_out(list.dump(2, ' ', kAsciiOnly, Json::error_handler_t::replace) + "\n");
  return 0;
}

}  // namespace minibox::cli
