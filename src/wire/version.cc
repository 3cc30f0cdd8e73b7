#include "wire/version.h"

namespace minibox::wire {

std::string_view version() {
  return MINIBOX_VERSION;
}

}  // namespace minibox::wire
