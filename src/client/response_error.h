// The daemon's refusal as the Error that it threw.
#pragma once

#include "client/http_reader.h"

namespace minibox::client {

[[noreturn]] void throw_error(HttpReader& reader);  // its head, with a status of 300 and more, has been read

}  // namespace minibox::client
