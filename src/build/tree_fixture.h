// For tests: a directory of the test's own with ways to fill it and look at it.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "sys/file.h"

namespace minibox::build {

class TreeTest : public ::testing::Test {
 protected:
  TreeTest() : dir_("/tmp", "minibox-tree-test.") {
    sys::make_dirs(context());
    sys::make_dirs(root());
    sys::make_dirs(outside());
    sys::write_file(outside() + "/secret", "secret");
  }

  std::string context() const { return dir_.path() + "/context"; }
  std::string root() const { return dir_.path() + "/root"; }
  std::string outside() const { return dir_.path() + "/outside"; }

  // Paths below are relative to the test's directory: "context/a/b".
  std::string at(const std::string& path) const { return dir_.path() + "/" + path; }
  void write(const std::string& path, const std::string& text, mode_t mode = 0644) {
    make_dir(path.substr(0, path.rfind('/')));
    sys::write_file(at(path), text);
    ::chmod(at(path).c_str(), mode);
  }
  void make_dir(const std::string& path, mode_t mode = 0755) {
    sys::make_dirs(at(path), 0755);
    ::chmod(at(path).c_str(), mode);
  }
  void link(const std::string& target, const std::string& path) {
    EXPECT_EQ(::symlink(target.c_str(), at(path).c_str()), 0);
  }
  std::string read(const std::string& path) const { return sys::try_read_file(at(path)).value_or("(none)"); }
  bool exists(const std::string& path) const { return sys::exists(at(path)); }
  struct stat info(const std::string& path) const { return sys::try_lstat(at(path)).value(); }
  std::string link_target(const std::string& path) const {
    char target[1024];
    const ssize_t length = ::readlink(at(path).c_str(), target, sizeof target);
    return length < 0 ? "(none)" : std::string(target, static_cast<size_t>(length));
  }

  template <typename Action>
  static std::string error_of(Action action) {
    try {
      action();
    } catch (const Error& error) {
      return std::string(kind_name(error.kind())) + " " + error.text();
    }
    return "no error";
  }

 private:
  sys::TempDir dir_;
};

}  // namespace minibox::build
