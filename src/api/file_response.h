// A file as the answer to a GET or HEAD: whole, or the one part that "Range: bytes=..." asks for (RFC 9110, 14).
#pragma once

#include "api/http.h"

namespace minibox::api {

// What the file holds now; what it grows later is not part of the answer. Several ranges, other units and malformed
// ones are answered with the whole file, as the RFC allows; a range beyond the end is a 416.
Response file_response(const Request& request, sys::Fd file);

}  // namespace minibox::api
