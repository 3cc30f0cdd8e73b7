// One record a route: the whole API on one screen (route_table.cc).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "api/backend.h"
#include "api/http.h"

namespace minibox::api {

using Handler = void (*)(Backend& backend, const Request& request, Exchange& exchange);

// Where the handler runs: on the event loop when it never blocks, on the pool of short calls, or on the pool of calls
// that may last as long as a container does, which must not take the threads of the others.
enum class Lane { kInline, kShort, kLong };

struct Route {
  std::string_view method;
  std::string_view path;
  size_t body_limit;
  Lane lane;
  Handler handler;
};

std::span<const Route> all_routes();

struct RouteMatch {
  const Route* route = nullptr;
  std::string allow;  // without a route: the methods of this path for a 405; empty: 404
};

RouteMatch find_route(std::string_view method, std::string_view path);  // HEAD finds the GET routes

}  // namespace minibox::api
