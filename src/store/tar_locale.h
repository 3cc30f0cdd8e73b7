// libarchive converts names through the C locale of the calling thread; in "C" it loses every name that is not ASCII.
// While an object of this class lives its thread reads and writes them as UTF-8.
#pragma once

#include <locale.h>

namespace minibox::store {

class TarLocale {
 public:
  TarLocale();
  ~TarLocale();
  TarLocale(const TarLocale&) = delete;
  TarLocale& operator=(const TarLocale&) = delete;

 private:
  locale_t previous_;
};

}  // namespace minibox::store
