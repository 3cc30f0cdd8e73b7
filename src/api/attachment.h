// How the connection of a run, exec or attach is handed to the shim that will answer it.
#pragma once

#include "api/http.h"
#include "engine/engine.h"

namespace minibox::api {

inline constexpr char kInputHeader[] = "X-Minibox-Input";  // "1": what attach has joined reads input
inline constexpr char kTtyHeader[] = "X-Minibox-Tty";      // "1": it has a terminal

// Frames for clients that asked for them. For those that know none: both streams as one body that ends with the
// connection, or, when `interactive`, raw bytes both ways.
bool wants_terminal(const Request& request, bool interactive, bool tty);  // old clients have no word for it
engine::Attachment make_attachment(const Request& request, Exchange& exchange, bool interactive);
engine::Attachment make_attachment_to(const Request& request, Exchange& exchange, bool input, bool tty);  // for attach

}  // namespace minibox::api
