// What comes over HTTP: a target, headers, and the JSON bodies. The first byte chooses which.
#include "api/access.h"
#include "api/http.h"
#include "fuzz.h"
#include "wire/build_request.h"
#include "wire/run_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minibox;
  if (size == 0) return 0;
  const std::string text = fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      api::parse_target(text);
      break;
    case 1:
      fuzz::check_round_trip<wire::RunRequest>(text);
      break;
    case 2:
      fuzz::check_round_trip<wire::BuildRequest>(text);
      break;
    default: {
      api::Request request{.method = "POST", .path = "/", .query = {}, .headers = {}, .body = {}};
      for (const char* name : {"host", "origin", "authorization", "content-type"}) request.headers[name] = text;
      // Who knows neither a name of ours nor the token is not let in.
      fuzz::require(
          api::check_access(request, {.token = "a secret of 32 characters, unknown", .local_address = "192.0.2.1"})
              .has_value());
    }
  }
  return 0;
}
