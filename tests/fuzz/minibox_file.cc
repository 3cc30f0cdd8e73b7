// A MiniBox file, as somebody's repository brings it.
#include "build/parser.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minibox;
  fuzz::allow_errors([&] { build::parse_document(fuzz::text_of(data, size)); });
  return 0;
}
