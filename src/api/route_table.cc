#include "api/route_table.h"

#include <array>

#include "api/handlers.h"

namespace minibox::api {
namespace {

constexpr size_t kNoBody = 0;
constexpr size_t kRunBody = 4u << 20;
constexpr size_t kBuildBody = 64u << 20;

constexpr std::array kRoutes = {
    Route{"GET", "/ping", kNoBody, Lane::kInline, get_ping},
    Route{"GET", "/version", kNoBody, Lane::kInline, get_version},
    Route{"POST", "/containers/build", kBuildBody, Lane::kLong, post_build},
    Route{"POST", "/containers/run", kRunBody, Lane::kShort, post_run},
    Route{"POST", "/containers/exec", kRunBody, Lane::kShort, post_exec},
    Route{"POST", "/containers/attach", kNoBody, Lane::kShort, post_attach},
    Route{"GET", "/containers", kNoBody, Lane::kShort, get_containers},
    Route{"GET", "/containers/logs", kNoBody, Lane::kLong, get_logs},
    Route{"POST", "/containers/stop", kNoBody, Lane::kLong, post_stop},
    Route{"POST", "/containers/start", kNoBody, Lane::kShort, post_start},
    Route{"POST", "/containers/kill", kNoBody, Lane::kShort, post_kill},
    Route{"POST", "/containers/remove", kNoBody, Lane::kShort, post_remove},
    Route{"GET", "/images", kNoBody, Lane::kShort, get_images},
    Route{"POST", "/images/remove", kNoBody, Lane::kShort, post_remove_image},
};

}  // namespace

std::span<const Route> all_routes() {
  return kRoutes;
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  for (const Route& route : kRoutes) {
    if (route.path != path) continue;
    if (route.method == method || (route.method == "GET" && method == "HEAD")) return {&route, {}};
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route.method;
    if (route.method == "GET") match.allow += ", HEAD";
  }
  return match;
}

}  // namespace minibox::api
