#include "cli/command_table.h"
#include "cli/foreground.h"
#include "cli/joint_options.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "client/client.h"

namespace minibox::cli {

int command_exec(const Args& args, const Context& context) {
  wire::ExecRequest request;
  std::vector<std::string> env;
  Joint joint;
  Options options("exec [OPTIONS] CONTAINER [COMMAND...]",
                  "Runs a command (otherwise /bin/sh) in a running container, confined as the container is.",
                  Options::Words::kEndOptions);
  options.flag("-d,--detach", request.detached, "return when it has started; its output is dropped")
      .list("-e,--env", "NAME[=VALUE]", env, "environment variable; NAME alone takes it from here")
      .text("-w,--workdir", "PATH", request.workdir, "directory to run in")
      .text("-u,--user", "USER[:GROUP]", request.user, "name or number");
  declare_joint(options, joint);
  if (!options.parse(args, 1, Options::kAny)) return 0;
  set_joint(request, joint);
  request.env = parse_env_list(env);
  request.id = options.words()[0];
  request.command.assign(options.words().begin() + 1, options.words().end());
  if (request.command.empty()) request.command = {"/bin/sh"};

  client::Client client(context.environment);
  if (!request.detached) return exec_in_foreground(client, request, joint);
  client.exec_detached(request);
  return 0;
}

}  // namespace minibox::cli
