// The handlers of route_table.cc: each turns a request into one call of the Backend and the result into an answer. They
// decide nothing that the engine could.
#pragma once

#include "api/backend.h"
#include "api/http.h"

namespace minibox::api {

void get_ping(Backend& backend, const Request& request, Exchange& exchange);
void get_version(Backend& backend, const Request& request, Exchange& exchange);

void post_run(Backend& backend, const Request& request, Exchange& exchange);
void post_exec(Backend& backend, const Request& request, Exchange& exchange);
void post_attach(Backend& backend, const Request& request, Exchange& exchange);
void get_containers(Backend& backend, const Request& request, Exchange& exchange);
void stream_logs(Backend& backend, const Request& request, Exchange& exchange);   // to its present end, or on
void get_log_file(Backend& backend, const Request& request, Exchange& exchange);  // the current file, or a part of it
void post_stop(Backend& backend, const Request& request, Exchange& exchange);
void post_start(Backend& backend, const Request& request, Exchange& exchange);
void post_kill(Backend& backend, const Request& request, Exchange& exchange);
void post_remove(Backend& backend, const Request& request, Exchange& exchange);

void post_wait(Backend& backend, const Request& request, Exchange& exchange);
void post_restart(Backend& backend, const Request& request, Exchange& exchange);
void post_rename(Backend& backend, const Request& request, Exchange& exchange);
void post_pause(Backend& backend, const Request& request, Exchange& exchange);
void post_unpause(Backend& backend, const Request& request, Exchange& exchange);
void post_update(Backend& backend, const Request& request, Exchange& exchange);

void get_inspect(Backend& backend, const Request& request, Exchange& exchange);
void get_stats(Backend& backend, const Request& request, Exchange& exchange);
void get_top(Backend& backend, const Request& request, Exchange& exchange);
void get_diff(Backend& backend, const Request& request, Exchange& exchange);
void get_archive(Backend& backend, const Request& request, Exchange& exchange);
void post_archive(Backend& backend, const Request& request, Exchange& exchange);
void get_image_inspect(Backend& backend, const Request& request, Exchange& exchange);

void get_volumes(Backend& backend, const Request& request, Exchange& exchange);
void post_create_volume(Backend& backend, const Request& request, Exchange& exchange);
void get_volume_inspect(Backend& backend, const Request& request, Exchange& exchange);
void post_remove_volume(Backend& backend, const Request& request, Exchange& exchange);
void post_prune_volumes(Backend& backend, const Request& request, Exchange& exchange);

void post_build(Backend& backend, const Request& request, Exchange& exchange);
void get_images(Backend& backend, const Request& request, Exchange& exchange);
void post_pull(Backend& backend, const Request& request, Exchange& exchange);
void post_push(Backend& backend, const Request& request, Exchange& exchange);
void post_tag(Backend& backend, const Request& request, Exchange& exchange);
void post_auth(Backend& backend, const Request& request, Exchange& exchange);  // checks a login, keeps nothing
void post_remove_image(Backend& backend, const Request& request, Exchange& exchange);
void get_saved_images(Backend& backend, const Request& request, Exchange& exchange);
void post_load_images(Backend& backend, const Request& request, Exchange& exchange);
void post_import_image(Backend& backend, const Request& request, Exchange& exchange);
void post_commit(Backend& backend, const Request& request, Exchange& exchange);
void get_export(Backend& backend, const Request& request, Exchange& exchange);
void get_disk_usage(Backend& backend, const Request& request, Exchange& exchange);
void post_prune(Backend& backend, const Request& request, Exchange& exchange);

// The container that the query parameter `id` names; Error kInvalid or kNotFound in the words of the API.
std::string container_from_query(Backend& backend, const Request& request);
// The parameter `t`, seconds until SIGKILL; 10 when absent.
int stop_seconds(const Request& request);
void say(Exchange& exchange, const std::string& sentence);                      // as one line of text
std::string resolve_container(Backend& backend, const std::string& reference);  // the same for a name from elsewhere
// "1" and "true" are true, absent, "0" and "false" are false; anything else is kInvalid.
bool flag_from_query(const Request& request, const std::string& name);

}  // namespace minibox::api
