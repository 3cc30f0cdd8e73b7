// One record a command; each command is one file command_<name>.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/endpoint.h"

namespace minibox::cli {

struct Context {
  client::Environment environment;
};

using Args = std::vector<std::string>;  // behind the command's name

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Args& args, const Context& context);  // -> exit status; Errors leave it
  bool is_run = false;  // its Errors end with 125, 126 or 127 as Docker's do; those of others with 1
};

std::span<const Command> all_commands();
const Command* find_command(std::string_view name);

int command_attach(const Args& args, const Context& context);
int command_build(const Args& args, const Context& context);
int command_exec(const Args& args, const Context& context);
int command_commit(const Args& args, const Context& context);
int command_export(const Args& args, const Context& context);
int command_import(const Args& args, const Context& context);
int command_system(const Args& args, const Context& context);
int command_load(const Args& args, const Context& context);
int command_save(const Args& args, const Context& context);
int command_images(const Args& args, const Context& context);
int command_kill(const Args& args, const Context& context);
int command_logs(const Args& args, const Context& context);
int command_ping(const Args& args, const Context& context);
int command_login(const Args& args, const Context& context);
int command_logout(const Args& args, const Context& context);
int command_pull(const Args& args, const Context& context);
int command_push(const Args& args, const Context& context);
int command_tag(const Args& args, const Context& context);
int command_ps(const Args& args, const Context& context);
int command_rm(const Args& args, const Context& context);
int command_rmi(const Args& args, const Context& context);
int command_run(const Args& args, const Context& context);
int command_start(const Args& args, const Context& context);
int command_stop(const Args& args, const Context& context);
int command_cp(const Args& args, const Context& context);
int command_diff(const Args& args, const Context& context);
int command_inspect(const Args& args, const Context& context);
int command_pause(const Args& args, const Context& context);
int command_rename(const Args& args, const Context& context);
int command_restart(const Args& args, const Context& context);
int command_stats(const Args& args, const Context& context);
int command_top(const Args& args, const Context& context);
int command_unpause(const Args& args, const Context& context);
int command_update(const Args& args, const Context& context);
int command_wait(const Args& args, const Context& context);
int command_history(const Args& args, const Context& context);
int command_info(const Args& args, const Context& context);
int command_port(const Args& args, const Context& context);
int command_volume(const Args& args, const Context& context);
int command_version(const Args& args, const Context& context);
int command_help(const Args& args, const Context& context);

}  // namespace minibox::cli
