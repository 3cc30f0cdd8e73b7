// A message between daemon and shim: whoever takes the other side over must not get further through it.
#include "fuzz.h"
#include "runtime/shim/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minibox;
  fuzz::check_round_trip<runtime::Message>(fuzz::text_of(data, size));
  fuzz::allow_errors([&] {
    const runtime::Message message = runtime::Message::parse(fuzz::text_of(data, size));
    for (size_t i = 0; i <= message.fields.size(); ++i) fuzz::allow_errors([&] { message.number(i); });
    static_cast<void>(runtime::error_from(message));
  });
  return 0;
}
