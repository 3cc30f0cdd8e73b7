// The whole CLI behind main(): finds the command, runs it, prints what goes wrong.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/terminal.h"

namespace minibox::cli {

// Exit status: 0 done, 1 the daemon refused or failed, 2 usage, and for run the container's own (128+signal) or 125,
// 126, 127 as Docker has them.
int run_command_line(const std::vector<std::string>& args);

// "[error] minibox: text\n", then perhaps "hint: ...\n".
std::string print_error(const Error& error, const Style& style);

}  // namespace minibox::cli
