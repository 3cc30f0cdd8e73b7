#include "cli/each_object.h"

#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_line.h"

namespace minibox::cli {

int for_each_object(const std::string& verb, const std::vector<std::string>& references, const Context& context,
                    const std::function<std::string(const std::string& reference)>& action) {
  int status = 0;
  for (const std::string& reference : references) {
    try {
      write_out(action(reference));
    } catch (Error& error) {
      // Without a daemon the next one will not fare better.
      if (error.kind() == ErrorKind::kUnavailable) throw;
      error.add_context("cannot " + verb + " " + quote(reference));
      write_err(print_error(error, style_of(STDERR_FILENO, context.environment)));
      status = 1;
    }
  }
  return status;
}

}  // namespace minibox::cli
