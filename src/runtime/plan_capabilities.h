// Which capabilities a container gets. Pure.
#pragma once

#include <string>
#include <vector>

#include "wire/run_request.h"

namespace minibox::runtime {

// The 14 capabilities Docker gives by default (docs/security.md says what each is for).
const std::vector<std::string>& default_capabilities();

// The default ones, or those of db_mode, with the request's cap_add and cap_drop: names as in capabilities(7). Error
// kInvalid: an unknown name, or one that is added and dropped. With `host_ids`, that is
// without a user namespace of its own, NET_RAW is not among the default ones: it would count on the bridge then, for
// frames in any neighbour's name.
std::vector<std::string> plan_capabilities(const wire::RunRequest& request, bool host_ids = false);

// For a container in a user namespace of its own: kInvalid when it asks by name for a capability over its network,
// which belongs to the host (docs/decisions/0005-network-namespace-owned-by-host.md). ALL means what can be had.
void refuse_idle_capabilities(const wire::RunRequest& request);

}  // namespace minibox::runtime
