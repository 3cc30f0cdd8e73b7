// minibox login and logout.
#include "base/error.h"
#include "base/registry_name.h"
#include "base/text.h"
#include "cli/auth_file.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/password.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

std::string server_of(const Options& options) {
  return normal_registry(options.words().empty() ? "" : options.words()[0]);
}

}  // namespace

int command_login(const Args& args, const Context& context) {
  wire::RegistryAuth auth;
  bool from_stdin = false;
  Options options("login [OPTIONS] [REGISTRY]",
                  "Checks user name and password with a registry (otherwise docker.io) and keeps them for pull, push "
                  "and build,\nin a file that only you can read.");
  options.text("-u,--username", "USER", auth.username, "otherwise asked for")
      .text("-p,--password", "PASSWORD", auth.password, "seen by everybody on this machine: better asked for")
      .flag("--password-stdin", from_stdin, "read the password from stdin");
  if (!options.parse(args, 0, 1)) return 0;
  if (from_stdin && !auth.password.empty()) options.refuse("--password and --password-stdin exclude each other");
  if (from_stdin && auth.username.empty()) options.refuse("--password-stdin needs --username");
  if (!auth.password.empty()) {
    write_err("warning: the password in the command line can be seen by other users; use --password-stdin\n");
  }
  auth.server = server_of(options);
  if (auth.username.empty()) auth.username = std::string(trim(ask("User name for " + auth.server + ": ")));
  if (from_stdin) auth.password = read_password_from_stdin();
  if (auth.password.empty() && !from_stdin) auth.password = ask_secret("Password: ");
  if (auth.username.empty() || auth.password.empty()) options.refuse("user name and password must not be empty");
  const std::string answer = client::Client(context.environment).check_login(auth);
  save_auth(auth, context);
  write_out(answer);
  return 0;
}

int command_logout(const Args& args, const Context& context) {
  Options options("logout [REGISTRY]", "Forgets user name and password for a registry (otherwise docker.io).");
  if (!options.parse(args, 0, 1)) return 0;
  const std::string server = server_of(options);
  if (!remove_auth(server, context)) throw Error(ErrorKind::kNotFound, "not logged in to " + quote(server));
  write_out("Removed the credentials for " + server + "\n");
  return 0;
}

}  // namespace minibox::cli
