#include "build/packages.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace minibox::build {
namespace {

bool is_safe(std::string_view word) {
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '+' || c == '-' || c == ':' || c == '~';
  };
  return !word.empty() && word.front() != '-' && std::all_of(word.begin(), word.end(), is_part);
}

struct Manager {
  std::string_view program;
  std::string_view begin;  // the packages follow
  std::string_view end;
  // Between a name and a version, and behind it; empty: no version can be chosen.
  std::string_view version_begin;
  std::string_view version_end;
};

// Logs, lists and caches hold times and would make each layer another one.
constexpr std::string_view kAptClean =
    " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/cache/debconf/*-old"
    " /var/lib/dpkg/*-old /var/cache/ldconfig/aux-cache /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log";

constexpr std::array kManagers = {
    Manager{"apk", "apk add --no-cache", "", "~", ""},
    Manager{"apt-get",
            "export DEBIAN_FRONTEND=noninteractive && apt-get update -qq && apt-get install -y -qq "
            "--no-install-recommends",
            kAptClean, "=", "*"},
    Manager{"dnf", "dnf install -y --setopt=install_weak_deps=False",
            " && dnf clean all && rm -rf /var/cache/dnf /var/log/dnf*", "-", "*"},
    Manager{"microdnf", "microdnf install -y --setopt=install_weak_deps=0",
            " && microdnf clean all && rm -rf /var/cache/dnf /var/cache/yum /var/log/dnf*", "-", "*"},
    Manager{"yum", "yum install -y", " && yum clean all && rm -rf /var/cache/yum /var/log/yum.log", "-", "*"},
    Manager{"zypper", "zypper --non-interactive install --no-recommends",
            " && zypper clean --all && rm -rf /var/log/zypp /var/log/zypper.log", "=", ""},
    Manager{"pacman", "pacman -Sy --noconfirm --needed",
            " && rm -rf /var/cache/pacman/pkg/* /var/lib/pacman/sync/* /var/log/pacman.log", "", ""},
};

bool is_there(const Manager& manager, const HasFile& has_file) {
  constexpr std::array<std::string_view, 6> kFolders = {"/sbin/",          "/usr/bin/", "/usr/sbin/",
                                                        "/usr/local/bin/", "/bin/",     "/usr/local/sbin/"};
  return std::any_of(kFolders.begin(), kFolders.end(), [&](std::string_view folder) {
    return has_file(std::string(folder) + std::string(manager.program));
  });
}

std::string argument(const Manager& manager, const Package& package) {
  if (package.version.empty()) return " " + package.name;
  if (manager.version_begin.empty()) {
    throw Error(ErrorKind::kUnsupported,
                std::string(manager.program) + " installs no chosen version of " + quote(package.name))
        .with_hint("write PKG " + package.name);
  }
  return " '" + package.name + std::string(manager.version_begin) + package.version + std::string(manager.version_end) +
         "'";
}

}  // namespace

std::vector<Package> parse_packages(std::string_view text) {
  std::vector<Package> packages;
  for (const std::string& word : split_words(text)) {
    const size_t at = word.find('@');
    Package package{word.substr(0, at), at == std::string::npos ? "" : word.substr(at + 1)};
    if (!is_safe(package.name) || (at != std::string::npos && !is_safe(package.version))) {
      throw Error(ErrorKind::kInvalid, "invalid package name " + quote(word));
    }
    packages.push_back(std::move(package));
  }
  return packages;
}

std::string install_command(const std::vector<Package>& packages, const HasFile& has_file) {
  for (const Manager& manager : kManagers) {
    if (!is_there(manager, has_file)) continue;
    std::string command(manager.begin);
    for (const Package& package : packages) command += argument(manager, package);
    return command + std::string(manager.end);
  }
  std::vector<std::string> names;
  for (const Manager& manager : kManagers) names.emplace_back(manager.program);
  throw Error(ErrorKind::kUnsupported, "the base has no package manager")
      .with_hint("PKG knows " + join(names, ", ") + "; take a base that has one, or install with RUN");
}

}  // namespace minibox::build
