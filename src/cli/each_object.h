// Commands on several objects (rm A B C): each is tried, each failure is printed with the object's name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command_table.h"

namespace minibox::cli {

// Prints what `action` answers; the exit status is 1 when one of them failed.
int for_each_object(const std::string& verb, const std::vector<std::string>& references, const Context& context,
                    const std::function<std::string(const std::string& reference)>& action);

}  // namespace minibox::cli
