#include "client/response_error.h"

#include "base/error.h"
#include "wire/error_body.h"

namespace minibox::client {
namespace {

ErrorKind kind_of_status(int status) {
  switch (status) {
    case 400:
    case 413:
    case 415:
      return ErrorKind::kInvalid;
    case 401:
    case 403:
      return ErrorKind::kDenied;
    case 404:
      return ErrorKind::kNotFound;
    case 409:
      return ErrorKind::kConflict;
    case 501:
      return ErrorKind::kUnsupported;
    case 503:
      return ErrorKind::kUnavailable;
    case 504:
      return ErrorKind::kTimeout;
    case 507:
      return ErrorKind::kExhausted;
    default:
      return ErrorKind::kInternal;
  }
}

}  // namespace

void throw_error(HttpReader& reader) {
  const int status = reader.head().status;
  throw wire::parse_error(reader.read_whole_body(), kind_of_status(status));
}

}  // namespace minibox::client
