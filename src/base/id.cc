#include "base/id.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "base/error.h"

namespace minibox {

std::string random_id() {
  std::uint32_t value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value) throw Error::from_errno("getrandom(4)", errno);
  char text[9];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

bool is_container_id(std::string_view text) {
  return text.size() == 8 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace minibox
