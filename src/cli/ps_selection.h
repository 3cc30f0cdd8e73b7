// Which containers ps lists, and how one looks as --format has it. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/tables.h"

namespace minibox::cli {

// "name=TEXT" (a part of it), "id=PREFIX", "status=WORD", "label=NAME[=VALUE]". Of several values for name, id or
// status one must fit, and of labels all. Error kInvalid.
class PsFilter {
 public:
  void add(const std::string& text);
  bool wants_stopped() const { return !statuses_.empty(); }  // who asks for a status means all that have it
  Containers apply(const Containers& containers) const;

 private:
  bool fits(const wire::ContainerInfo& info) const;
  std::vector<std::string> names_;
  std::vector<std::string> ids_;
  std::vector<std::string> statuses_;
  std::vector<std::string> labels_;
};

// "{{.ID}} {{.Names}}": a line for each. Error kInvalid for a field that is not known.
std::string containers_formatted(const Containers& containers, bool all, const std::string& format);

}  // namespace minibox::cli
