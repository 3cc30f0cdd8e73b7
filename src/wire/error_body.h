// An Error on its way to a client: {"error":{"code":"not_found","message":"...","hint":"...","exit_code":125}}.
#pragma once

#include <string>

#include "base/error.h"

namespace minibox::wire {

std::string print_error(const Error& error);
// Never throws for odd input: a body that is no error object becomes an Error with the body as its message.
Error parse_error(const std::string& body, ErrorKind fallback);

}  // namespace minibox::wire
