// AUTO-DEPS: which installers to run for the manifests that lie in the working directory. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace minibox::build {

struct Installer {
  std::string detected;  // the file that asks for it
  std::string label;     // for the log
  std::string command;   // for a shell in the working directory
  bool operator==(const Installer&) const = default;
};

// package.json, requirements.txt, go.mod, Cargo.toml, in this order; with a lock file beside it exactly what that says
// is installed. `present`: whether the working directory has a file of this name.
std::vector<Installer> find_installers(const std::function<bool(const std::string& name)>& present);

}  // namespace minibox::build
