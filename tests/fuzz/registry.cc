// What registries and whoever stands before them send: challenges, locations, platforms, cache records; the file of
// settings. The first byte chooses which.
#include "base/base64.h"
#include "fuzz.h"
#include "oci/platform.h"
#include "registry/cache_record.h"
#include "registry/challenge.h"
#include "registry/settings.h"
#include "registry/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minibox;
  if (size == 0) return 0;
  const std::string text = fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      registry::parse_challenges(text);
      break;
    case 1:
      fuzz::allow_errors([&] {
        const registry::Url url = registry::Url::parse(text);
        if (!url.same_origin(registry::Url::parse(url.print()))) __builtin_trap();
      });
      break;
    case 2:
      fuzz::allow_errors([&] { registry::Url::parse("https://registry.lan:5000/v2/a/b/").resolve(text); });
      break;
    case 3:
      fuzz::allow_errors([&] { registry::Settings::parse(text, "registries.json"); });
      break;
    default:
      fuzz::allow_errors([&] { oci::parse_platform(text); });
      fuzz::allow_errors([&] { registry::CacheRecord::parse(text, std::string(64, 'a')); });
      base64_decode(text);
  }
  return 0;
}
