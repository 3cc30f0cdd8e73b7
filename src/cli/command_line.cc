#include "cli/command_line.h"

#include <unistd.h>

#include "base/text.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace minibox::cli {
namespace {

const Command& require_command(const std::string& name) {
  if (const Command* command = find_command(name)) return *command;
  std::vector<std::string> names;
  for (const Command& command : all_commands()) names.emplace_back(command.name);
  const std::string near = nearest(name, names);
  usage_error("", "unknown command " + quote(name) + (near.empty() ? "" : "; did you mean " + quote(near) + "?"));
}

// "--help" and "--version" are other spellings of commands.
std::string command_name(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h") return "help";
  return args[0] == "--version" ? "version" : args[0];
}

int exit_status(const Error& error, bool is_run) {
  constexpr int kUsage = 2;
  if (error.exit_code() == kUsage) return kUsage;
  return is_run ? error.exit_code() : 1;
}

// The last words of the program: when stderr takes them no more, nobody is left to tell.
int report(const Error& error, bool is_run, const Context& context) {
  try {
    write_err(print_error(error, style_of(STDERR_FILENO, context.environment)));
  } catch (const Error&) {
  }
  return exit_status(error, is_run);
}

// It may name files of a container, who calls them what he likes.
std::string printable_lines(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  for (std::string& line : lines) line = printable(line);
  return join(lines, "\n");
}

}  // namespace

std::string print_error(const Error& error, const Style& style) {
  // A text that brings its own tag ("[build] ...") is printed as it is.
  const std::string words = printable_lines(error.text());
  std::string text = words.starts_with('[') ? words : style.bold_red("[error]") + " minibox: " + words;
  text += '\n';
  if (!error.hint().empty()) text += "hint: " + printable_lines(error.hint()) + "\n";
  return text;
}

int run_command_line(const std::vector<std::string>& args) {
  const Context context{client::process_environment};
  const std::string name = command_name(args);
  bool is_run = false;
  try {
    const Command& command = require_command(name);
    is_run = command.is_run;
    return command.run(args.empty() ? args : Args(args.begin() + 1, args.end()), context);
  } catch (const Error& error) {
    return report(error, is_run, context);
  } catch (...) {
    return report(Error(ErrorKind::kInternal, current_exception_text()), is_run, context);
  }
}

}  // namespace minibox::cli
