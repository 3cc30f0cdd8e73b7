#include "api/route_table.h"

#include <array>

#include "api/handlers.h"

namespace minibox::api {
namespace {

constexpr size_t kNoBody = 0;
constexpr size_t kRunBody = 4u << 20;
constexpr size_t kUpdateBody = 64u << 10;
constexpr size_t kBuildBody = 64u << 20;

constexpr std::array kRoutes = {
    Route{"GET", "/ping", kNoBody, Lane::kInline, get_ping},
    Route{"GET", "/version", kNoBody, Lane::kInline, get_version},
    Route{"POST", "/containers/build", kBuildBody, Lane::kLong, post_build},
    Route{"POST", "/containers/run", kRunBody, Lane::kShort, post_run},
    Route{"GET", "/containers", kNoBody, Lane::kShort, get_containers},
    Route{"GET", "/containers/logs", kNoBody, Lane::kLong, get_logs},
    Route{"POST", "/containers/stop", kNoBody, Lane::kLong, post_stop},
    Route{"POST", "/containers/start", kNoBody, Lane::kShort, post_start},
    Route{"POST", "/containers/kill", kNoBody, Lane::kShort, post_kill},
    Route{"POST", "/containers/remove", kNoBody, Lane::kShort, post_remove},
    Route{"POST", "/containers/restart", kNoBody, Lane::kLong, post_restart},
    Route{"POST", "/containers/wait", kNoBody, Lane::kLong, post_wait},
    Route{"POST", "/containers/rename", kNoBody, Lane::kShort, post_rename},
    Route{"POST", "/containers/pause", kNoBody, Lane::kShort, post_pause},
    Route{"POST", "/containers/unpause", kNoBody, Lane::kShort, post_unpause},
    Route{"POST", "/containers/update", kUpdateBody, Lane::kShort, post_update},
    Route{"GET", "/containers/inspect", kNoBody, Lane::kShort, get_inspect},
    Route{"GET", "/containers/stats", kNoBody, Lane::kShort, get_stats},
    Route{"GET", "/containers/top", kNoBody, Lane::kShort, get_top},
    Route{"GET", "/containers/diff", kNoBody, Lane::kShort, get_diff},
    Route{"GET", "/containers/archive", kNoBody, Lane::kLong, get_archive},
    Route{"POST", "/containers/archive", kNoBody, Lane::kLong, post_archive},
    Route{"GET", "/images/inspect", kNoBody, Lane::kShort, get_image_inspect},
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
