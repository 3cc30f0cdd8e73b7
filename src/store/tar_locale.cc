#include "store/tar_locale.h"

#include "base/error.h"

namespace minibox::store {
namespace {

// Kept for the life of the process: to make one reads files, which would cost more than the entry it is made for.
locale_t utf8_locale() {
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) throw Error(ErrorKind::kUnsupported, "the C library has no locale 'C.UTF-8'");
  return utf8;
}

}  // namespace

TarLocale::TarLocale() : previous_(::uselocale(utf8_locale())) {}

TarLocale::~TarLocale() {
  ::uselocale(previous_);
}

}  // namespace minibox::store
