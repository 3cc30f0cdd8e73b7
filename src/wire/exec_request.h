// POST /containers/exec: which command, in which container, how. The field names are the JSON names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minibox::wire {

struct ExecRequest {
  std::string id;                    // id, unique prefix or name; required
  std::vector<std::string> command;  // required
  bool interactive = false;          // feed the client's stdin to it; from old clients (no upgrade) also: a terminal
  bool tty = false;                  // a terminal
  std::int64_t rows = 0;             // its size at first; 0: not known
  std::int64_t columns = 0;
  bool detached = false;         // its output goes nowhere, and nobody waits for it
  std::vector<std::string> env;  // "K=V", added to the container's
  std::string user;              // "name|uid[:group|gid]", of the container's own files; otherwise as the container
  std::string workdir;           // absolute; otherwise as the container

  // Both throw Error kInvalid naming field and value: unknown fields and wrong types too.
  static ExecRequest parse(const std::string& json);
  std::string print() const;
};

}  // namespace minibox::wire
