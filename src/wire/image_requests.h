// Requests that make an image of something else than a MiniBox file. The field names are the JSON names.
#pragma once

#include <string>
#include <vector>

namespace minibox::wire {

struct ImportRequest {  // POST /images/import: of a root file system
  std::string image;    // its name; required
  std::string message;
  std::vector<std::string> changes;  // "CMD ...", "ENV K=V", ...

  // Throw Error kInvalid: unknown fields, wrong types.
  static ImportRequest parse(const std::string& json);
  std::string print() const;
};

struct CommitRequest {  // POST /containers/commit: of a container
  std::string id;       // required
  std::string image;    // required
  std::string author;
  std::string message;
  std::vector<std::string> changes;
  bool pause = true;  // its processes meanwhile

  static CommitRequest parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
