#include "build/packages.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "build/auto_deps.h"

namespace minibox::build {
namespace {

using Files = std::set<std::string>;

std::string install(const Files& files, const std::vector<Package>& packages = {{"curl", ""}, {"git", "2.4"}}) {
  try {
    return install_command(packages, [&](const std::string& path) { return files.contains(path); });
  } catch (const Error& error) {
    return std::string(kind_name(error.kind())) + " " + error.text();
  }
}

TEST(Packages, AreInstalledByWhatTheBaseHas) {
  EXPECT_EQ(install({"/sbin/apk"}), "apk add --no-cache curl 'git~2.4'");
  const std::string debian = install({"/usr/bin/apt-get"});
  EXPECT_EQ(debian.substr(0, debian.find(" && rm")),
            "export DEBIAN_FRONTEND=noninteractive && apt-get update -qq && apt-get install -y -qq "
            "--no-install-recommends curl 'git=2.4*'");
  EXPECT_NE(debian.find("/var/lib/apt/lists/*"), std::string::npos);
  EXPECT_TRUE(install({"/usr/bin/dnf", "/usr/bin/yum"})
                  .starts_with("dnf install -y --setopt=install_weak_deps=False curl 'git-2.4*' && dnf clean all"));
  EXPECT_TRUE(
      install({"/usr/bin/microdnf"}).starts_with("microdnf install -y --setopt=install_weak_deps=0 curl 'git-2.4*'"));
  EXPECT_TRUE(install({"/usr/bin/yum"}).starts_with("yum install -y curl 'git-2.4*' && yum clean all"));
  EXPECT_TRUE(
      install({"/usr/bin/zypper"}).starts_with("zypper --non-interactive install --no-recommends curl 'git=2.4'"));
  EXPECT_TRUE(install({"/usr/bin/pacman"}, {{"curl", ""}}).starts_with("pacman -Sy --noconfirm --needed curl &&"));
  EXPECT_EQ(install({"/usr/bin/pacman"}), "unsupported pacman installs no chosen version of 'git'");
  EXPECT_EQ(install({"/bin/busybox"}), "unsupported the base has no package manager");
}

std::string installers(const Files& files) {
  std::string text;
  for (const Installer& one : find_installers([&](const std::string& name) { return files.contains(name); })) {
    text += one.detected + ": " + one.label + "\n";
  }
  return text;
}

TEST(AutoDeps, LockFilesDecideHowManifestsAreInstalled) {
  EXPECT_EQ(installers({}), "");
  EXPECT_EQ(installers({"package.json", "requirements.txt", "go.mod", "Cargo.toml"}),
            "package.json: npm install\nrequirements.txt: pip install -r requirements.txt\n"
            "go.mod: go mod download\nCargo.toml: cargo build\n");
  EXPECT_EQ(installers({"package.json", "package-lock.json"}), "package.json: npm ci\n");
  EXPECT_EQ(installers({"package.json", "npm-shrinkwrap.json"}), "package.json: npm ci\n");
  EXPECT_EQ(installers({"Cargo.toml", "Cargo.lock"}), "Cargo.toml: cargo build --locked\n");
  EXPECT_EQ(installers({"package-lock.json", "Cargo.lock", "go.sum"}), "");
}

}  // namespace
}  // namespace minibox::build
