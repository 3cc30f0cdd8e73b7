#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/auth_file.h"
#include "cli/command_table.h"
#include "cli/foreground.h"
#include "cli/health_options.h"
#include "cli/isolation_options.h"
#include "cli/joint_options.h"
#include "cli/options.h"
#include "cli/pull_image.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

struct RunWords {
  std::vector<std::string> env;
  std::vector<std::string> env_files;
  std::vector<std::string> entrypoint;
  std::vector<std::string> labels;
  std::vector<std::string> volumes;
  std::vector<std::string> publish;
  std::string memory;
  std::string cpus;
  std::string pull;
  Joint joint;
  IsolationWords isolation;
  HealthWords health;
};

Options declare(wire::RunRequest& request, RunWords& words) {
  Options options("run [OPTIONS] IMAGE [COMMAND...]", "Runs a command in a new container.",
                  Options::Words::kEndOptions);
  options.flag("-d,--detach", request.detached, "print the container's id and return")
      .flag("--rm", request.remove, "remove the container when it has ended")
      .text("--restart", "POLICY", request.restart, "no, on-failure[:TIMES], always or unless-stopped")
      .custom("--stop-signal", "SIGNAL", signal_into("--stop-signal", request.stop_signal),
              "what stop sends instead of the image's STOPSIGNAL or TERM")
      .text("--name", "NAME", request.name, "a name for the container")
      .list("-e,--env", "NAME[=VALUE]", words.env, "environment variable; NAME alone takes it from here")
      .list("--env-file", "FILE", words.env_files, "a file of such lines; -e counts more")
      .list("--entrypoint", "PROGRAM", words.entrypoint, "instead of the image's; '' for none")
      .list("-l,--label", "NAME[=VALUE]", words.labels, "a label, for ps --filter and inspect")
      .list("--add-host", "NAME:ADDRESS", request.extra_hosts, "a line more in its /etc/hosts")
      .list("--dns", "ADDRESS", request.dns, "a name server instead of the host's")
      .list("-v,--volume", "HOST|NAME:PATH[:ro]", words.volumes, "a directory or file of the host, or a named volume")
      .text("-w,--workdir", "PATH", request.workdir, "directory to run in")
      .text("-u,--user", "USER[:GROUP]", request.user, "name or number")
      .list("-p,--publish", "[IP:]PORT:PORT", words.publish, "host port to container port (tcp)")
      .text("-m,--memory", "MB", words.memory, "memory limit: 64, 64m, 1g, 67108864b")
      .number("-c,--cpu", "US", request.cpu, 1000, 409'600'000, "processor time in microseconds per 100 ms")
      .text("--cpus", "CORES", words.cpus, "processor time in cores: 0.5, 2")
      .number("--pids-limit", "N", request.pids_limit, -1, 4 << 20, "processes at most; -1: no limit")
      .choice("--network", "MODE", {"bridge", "none"}, request.network, "bridge (the default) or none")
      .text("--hostname", "NAME", request.hostname, "host name inside; otherwise the name or the id")
      .flag("--db", request.db_mode, "what database servers need: fewer capabilities, tmpfs /tmp, more /dev/shm")
      .choice("--pull", "WHEN", {"missing", "always", "never"}, words.pull,
              "fetch the image: missing (the default), always or never")
      .flag("--lazy", request.lazy, "run before the image has come: files are fetched as they are read")
      .flag("--timing", request.timing, "print how long each step of the start took");
  declare_joint(options, words.joint);
  declare_isolation(options, request, words.isolation);
  declare_health(options, words.health);
  return options;
}

void fill(wire::RunRequest& request, const RunWords& words) {
  for_option("--env-file", words.env_files, [&](const std::string& value) {
    for (std::string& entry : read_env_file(value)) request.env.push_back(std::move(entry));
  });
  for (std::string& entry : parse_env_list(words.env)) request.env.push_back(std::move(entry));
  if (!words.entrypoint.empty()) request.entrypoint = {words.entrypoint.back()};
  for_option("--label", words.labels, [&](const std::string& value) { set_label(request.labels, value); });
  for_option("--volume", words.volumes, [&](const std::string& value) {
    auto volume = parse_volume(value, current_directory());
    (volume.first[0] == '/' ? request.volumes : request.named_volumes).insert(std::move(volume));
  });
  for_option("--publish", words.publish,
             [&](const std::string& value) { add_unique(request.ports, parse_publish(value)); });
  for_option("--memory", if_given(words.memory),
             [&](const std::string& value) { request.memory = parse_memory(value); });
  for_option("--cpus", if_given(words.cpus), [&](const std::string& value) { request.cpus = parse_cpus(value); });
  fill_isolation(request, words.isolation);
  fill_health(request, words.health);
}

}  // namespace

int command_run(const Args& args, const Context& context) {
  wire::RunRequest request;
  RunWords words;
  Options options = declare(request, words);
  if (!options.parse(args, 1, Options::kAny)) return 0;
  fill(request, words);
  if (request.cpu != 0 && request.cpus != 0) options.refuse("--cpu and --cpus exclude each other");
  set_joint(request, words.joint);
  request.image = options.words()[0];
  request.command.assign(options.words().begin() + 1, options.words().end());

  const PullPolicy pull = pull_policy_of(words.pull);
  if (request.lazy && pull != PullPolicy::kMissing) options.refuse("--lazy excludes --pull always and --pull never");
  const wire::RegistryAuth auth = request.lazy ? auth_for_image(request.image, context) : wire::RegistryAuth();
  client::Client client(context.environment);
  return run_with_image(client, request.image, pull, request.lazy, context, [&] {
    if (!request.detached) {
      return run_in_foreground(client, request, auth, words.joint, style_of(STDERR_FILENO, context.environment));
    }
    write_out(client.run_detached(request, auth) + "\n");
    return 0;
  });
}

}  // namespace minibox::cli
