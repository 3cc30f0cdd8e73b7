// One record a route: the whole API on one screen (route_table.cc).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "api/backend.h"
#include "api/http.h"
#include "api/lane.h"

namespace minibox::api {

using Handler = void (*)(Backend& backend, const Request& request, Exchange& exchange);

struct Route {
  std::string_view method;
  std::string_view path;
  size_t body_limit;  // 0: the route needs no body, and ignores one
  Lane lane;
  Handler handler;
  bool (*applies)(const Request& request) = nullptr;  // this row is only for such requests; the next one for the rest
};

struct RouteMatch {
  const Route* route = nullptr;
  std::string allow;  // without a route: the methods of this path for a 405; empty: 404
};

RouteMatch find_route(const Request& request);

}  // namespace minibox::api
