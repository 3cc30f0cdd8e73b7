// The image `busybox` that comes with the program: an OCI image layout tar made at compile time from Debian's
// busybox-static (tools/make_busybox_image.cc). For ImageStore::ensure_embedded.
#pragma once

#include <string_view>

namespace minibox::store {

std::string_view embedded_busybox_image();

}  // namespace minibox::store
