// What a container has changed in its root file system, GET /containers/diff.
#pragma once

#include <string>
#include <vector>

namespace minibox::wire {

struct FileChange {
  char kind = 'C';   // 'A' added, 'C' changed, 'D' deleted
  std::string path;  // absolute, in the container

  static std::vector<FileChange> parse_list(const std::string& json);
  static std::string print_list(const std::vector<FileChange>& changes);
};

}  // namespace minibox::wire
