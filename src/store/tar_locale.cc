#include "store/tar_locale.h"

#include "base/error.h"

namespace minibox::store {

TarLocale::TarLocale() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
  if (utf8_ == nullptr) throw Error(ErrorKind::kUnsupported, "the C library has no locale 'C.UTF-8'");
  previous_ = ::uselocale(utf8_);
}

TarLocale::~TarLocale() {
  ::uselocale(previous_);
  ::freelocale(utf8_);
}

}  // namespace minibox::store
