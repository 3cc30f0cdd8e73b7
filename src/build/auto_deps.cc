#include "build/auto_deps.h"

namespace minibox::build {

std::vector<Installer> find_installers(const std::function<bool(const std::string& name)>& present) {
  std::vector<Installer> installers;
  const auto add = [&](const std::string& detected, const std::string& command) {
    installers.push_back({detected, command, command});
  };
  if (present("package.json")) {
    const bool locked = present("package-lock.json") || present("npm-shrinkwrap.json");
    add("package.json", locked ? "npm ci" : "npm install");
  }
  if (present("requirements.txt")) {
    add("requirements.txt", "pip install -r requirements.txt");
    // Some bases have it under one name, some under the other.
    installers.back().command =
        "if command -v pip >/dev/null; then pip install -r requirements.txt; else pip3 install -r requirements.txt; fi";
  }
  if (present("go.mod")) add("go.mod", "go mod download");
  if (present("Cargo.toml")) add("Cargo.toml", present("Cargo.lock") ? "cargo build --locked" : "cargo build");
  return installers;
}

}  // namespace minibox::build
