// OCI documents, as a registry or an archive brings them. The first byte chooses which.
#include "fuzz.h"
#include "oci/image_config.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "oci/runtime_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minibox;
  if (size == 0) return 0;
  const std::string text = fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      fuzz::check_round_trip<oci::Index>(text);
      break;
    case 1:
      fuzz::check_round_trip<oci::Manifest>(text);
      break;
    case 2:
      fuzz::check_round_trip<oci::ImageConfig>(text);
      break;
    case 3:
      fuzz::check_round_trip<oci::RuntimeSpec>(text);
      break;
    default:
      fuzz::allow_errors([&] { oci::Reference::parse(text); });
  }
  return 0;
}
