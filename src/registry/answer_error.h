// What a registry's refusal means to us.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/error.h"
#include "registry/http_client.h"

namespace minibox::registry {

inline constexpr char kUserAgent[] = "minibox";

// From status and body of an answer that is no success: 401 and 403 kDenied, 404 kNotFound, 408, 429 and 5xx
// kUnavailable, others kUnsupported. Reads the body, of which only what the registry says in the form of the
// distribution spec is told. `with_password`: the request had one, so that a 401 does not ask for it but refuses it.
Error answer_error(HttpExchange& exchange, bool with_password = false);

// Whether the same request may go better soon.
bool is_passing(int status);

// The header Retry-After in seconds; a date is passed over.
std::optional<std::chrono::milliseconds> retry_after(const HttpHead& head);

}  // namespace minibox::registry
