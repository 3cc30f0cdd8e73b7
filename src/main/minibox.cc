// The CLI program: everything is in cli/.
#include <string>
#include <vector>

#include "cli/command_line.h"

int main(int argc, char** argv) {
  return minibox::cli::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
