#include "network/config.h"

#include "base/error.h"
#include "base/text.h"

namespace minibox::network {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

void check_bridge_name(const std::string& name) {
  bool good = !name.empty() && name.size() <= 15 && is_letter(name[0]);
  for (const char c : name) good = good && (is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_');
  if (!good) {
    throw Error(ErrorKind::kInvalid, "bridge name " + quote(name) + " is not usable")
        .with_hint("a letter, then up to 14 letters, digits, '-' or '_'");
  }
}

}  // namespace minibox::network
