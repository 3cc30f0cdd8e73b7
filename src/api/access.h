// Who may talk to the API. The daemon is root, and a browser on this machine will send requests for any web page: so a
// request must name a host that is ours (DNS rebinding), must not come from another origin (CSRF), must show the token
// when one is set, and a body must be declared as JSON, which a page cannot send across origins without asking first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http.h"

namespace minibox::api {

struct AccessRules {
  std::string token;          // empty: none required
  std::string local_address;  // the connection's own end, numeric; empty on the unix socket
};

struct Refusal {
  Response response;
  std::string reason;  // for the log
};

// Empty: let in. Looks at the headers only, so it runs before a body is read.
std::optional<Refusal> check_access(const Request& request, const AccessRules& rules);

bool is_json_content_type(std::string_view content_type);
bool equal_in_constant_time(std::string_view given, std::string_view expected);

}  // namespace minibox::api
