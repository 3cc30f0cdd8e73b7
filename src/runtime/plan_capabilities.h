// Which capabilities a container gets. Pure.
#pragma once

#include <string>
#include <vector>

#include "wire/run_request.h"

namespace minibox::runtime {

// The 14 capabilities Docker gives by default (docs/security.md says what each is for).
const std::vector<std::string>& default_capabilities();

// The default ones, or those of db_mode, with the request's cap_add and cap_drop: names as in capabilities(7). Error
// kInvalid: an unknown name, one that is added and dropped, or one that would have no effect. With `host_ids`, that is
// without a user namespace of its own, NET_RAW is not among the default ones: it would count on the bridge then, for
// frames in any neighbour's name.
std::vector<std::string> plan_capabilities(const wire::RunRequest& request, bool host_ids = false);

}  // namespace minibox::runtime
