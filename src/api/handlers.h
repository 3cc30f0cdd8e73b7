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
void get_logs(Backend& backend, const Request& request, Exchange& exchange);
void post_stop(Backend& backend, const Request& request, Exchange& exchange);
void post_start(Backend& backend, const Request& request, Exchange& exchange);
void post_kill(Backend& backend, const Request& request, Exchange& exchange);
void post_remove(Backend& backend, const Request& request, Exchange& exchange);

void post_build(Backend& backend, const Request& request, Exchange& exchange);
void get_images(Backend& backend, const Request& request, Exchange& exchange);
void post_remove_image(Backend& backend, const Request& request, Exchange& exchange);

// The container that the query parameter `id` names; Error kInvalid or kNotFound in the words of the API.
std::string container_from_query(Backend& backend, const Request& request);
std::string resolve_container(Backend& backend, const std::string& reference);  // the same for a name from elsewhere
// "1" and "true" are true, absent, "0" and "false" are false; anything else is kInvalid.
bool flag_from_query(const Request& request, const std::string& name);

}  // namespace minibox::api
