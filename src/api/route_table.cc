#include "api/route_table.h"

#include <algorithm>
#include <array>

#include "api/handlers.h"

namespace minibox::api {
namespace {

constexpr size_t kNoBody = 0;
constexpr size_t kRunBody = 4u << 20;
constexpr size_t kUpdateBody = 64u << 10;
constexpr size_t kAuthBody = 64u << 10;
constexpr size_t kBuildBody = 64u << 20;

bool follows_log(const Request& request) {
  const auto it = request.query.find("follow");
  return request.method == "GET" && it != request.query.end() && it->second != "0" && it->second != "false";
}

bool reads_log(const Request& request) {
  constexpr std::array kOptions = {"tail", "since", "until", "timestamps", "streams"};
  return request.method == "GET" &&
         std::any_of(kOptions.begin(), kOptions.end(), [&](const char* name) { return request.query.contains(name); });
}

constexpr std::array kRoutes = {
    Route{"GET", "/ping", kNoBody, Lane::kInline, get_ping},
    Route{"GET", "/version", kNoBody, Lane::kInline, get_version},
    Route{"POST", "/containers/build", kBuildBody, Lane::kLong, post_build},
    Route{"POST", "/containers/run", kRunBody, Lane::kShort, post_run},
    Route{"POST", "/containers/exec", kRunBody, Lane::kExec, post_exec},
    Route{"POST", "/containers/attach", kNoBody, Lane::kShort, post_attach},
    Route{"GET", "/containers", kNoBody, Lane::kShort, get_containers},
    Route{"GET", "/containers/logs", kNoBody, Lane::kFollow, stream_logs, follows_log},
    Route{"GET", "/containers/logs", kNoBody, Lane::kReadLog, stream_logs, reads_log},
    Route{"GET", "/containers/logs", kNoBody, Lane::kShort, get_log_file},
    Route{"POST", "/containers/stop", kNoBody, Lane::kStop, post_stop},
    Route{"POST", "/containers/start", kNoBody, Lane::kShort, post_start},
    Route{"POST", "/containers/kill", kNoBody, Lane::kKill, post_kill},
    Route{"POST", "/containers/remove", kNoBody, Lane::kShort, post_remove},
    Route{"POST", "/containers/restart", kNoBody, Lane::kStop, post_restart},
    Route{"POST", "/containers/wait", kNoBody, Lane::kFollow, post_wait},
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
    Route{"GET", "/volumes", kNoBody, Lane::kShort, get_volumes},
    Route{"POST", "/volumes/create", kNoBody, Lane::kShort, post_create_volume},
    Route{"GET", "/volumes/inspect", kNoBody, Lane::kShort, get_volume_inspect},
    Route{"POST", "/volumes/remove", kNoBody, Lane::kShort, post_remove_volume},
    Route{"POST", "/volumes/prune", kNoBody, Lane::kShort, post_prune_volumes},
    Route{"GET", "/images/inspect", kNoBody, Lane::kShort, get_image_inspect},
    Route{"GET", "/images", kNoBody, Lane::kShort, get_images},
    Route{"POST", "/images/pull", kNoBody, Lane::kLong, post_pull},
    Route{"POST", "/images/push", kNoBody, Lane::kLong, post_push},
    Route{"POST", "/images/tag", kNoBody, Lane::kShort, post_tag},
    Route{"POST", "/auth", kAuthBody, Lane::kLong, post_auth},
    Route{"POST", "/images/remove", kNoBody, Lane::kShort, post_remove_image},
    Route{"GET", "/images/save", kNoBody, Lane::kLong, get_saved_images},
    Route{"POST", "/images/load", kNoBody, Lane::kLong, post_load_images},
    Route{"POST", "/images/import", kRunBody, Lane::kLong, post_import_image},
    Route{"POST", "/containers/commit", kRunBody, Lane::kLong, post_commit},
    Route{"GET", "/containers/export", kNoBody, Lane::kLong, get_export},
    Route{"GET", "/system/df", kNoBody, Lane::kLong, get_disk_usage},
    Route{"POST", "/system/prune", kNoBody, Lane::kLong, post_prune},
};

}  // namespace

RouteMatch find_route(const Request& request) {
  RouteMatch match;
  for (const Route& route : kRoutes) {
    if (route.path != request.path || (route.applies != nullptr && !route.applies(request))) continue;
    if (route.method == request.method || (route.method == "GET" && request.method == "HEAD")) return {&route, {}};
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route.method;
    if (route.method == "GET") match.allow += ", HEAD";
  }
  return match;
}

}  // namespace minibox::api
