#include "store/embedded/embedded_busybox.h"

extern "C" {
extern const char minibox_busybox_image_begin[];
extern const char minibox_busybox_image_end[];
}

namespace minibox::store {

std::string_view embedded_busybox_image() {
  return {minibox_busybox_image_begin, static_cast<size_t>(minibox_busybox_image_end - minibox_busybox_image_begin)};
}

}  // namespace minibox::store
