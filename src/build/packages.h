// PKG: package names of the file, and the command that installs them with the package manager the base has. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "build/document.h"

namespace minibox::build {

// "name", "name@version" ...; kInvalid for letters that no package name has: the words go through a shell.
std::vector<Package> parse_packages(std::string_view text);

// Whether the block's files hold a program.
using HasFile = std::function<bool(const std::string& absolute_path)>;

// A shell command: apk (Alpine), apt-get (Debian, Ubuntu), dnf, microdnf, yum, zypper or pacman, the first that is
// there. It installs without recommendations or questions, and leaves neither lists nor logs in the layer, so that the
// same packages give the same layer. kUnsupported when the base has none, or can't choose a version.
std::string install_command(const std::vector<Package>& packages, const HasFile& has_file);

}  // namespace minibox::build
