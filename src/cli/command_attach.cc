#include "base/text.h"
#include "cli/command_table.h"
#include "cli/foreground.h"
#include "cli/options.h"
#include "client/client.h"

namespace minibox::cli {

int command_attach(const Args& args, const Context& context) {
  Joint joint{.input = true};
  bool no_stdin = false;
  std::string proxy = "true";
  Options options(
      "attach [OPTIONS] CONTAINER",
      "Joins the output of a running container, and its input if it was run with -i, from now on; ends with "
      "its exit status.");
  options.flag("--no-stdin", no_stdin, "do not feed our stdin to it")
      .text("--sig-proxy", "BOOL", proxy, "pass signals on to it (true); with false they only end attach")
      .text("--detach-keys", "KEYS", joint.detach_keys, "leave its terminal with these keys (ctrl-p,ctrl-q)");
  if (!options.parse(args, 1, 1)) return 0;
  if (proxy != "true" && proxy != "false") options.refuse("--sig-proxy must be true or false, not " + quote(proxy));
  joint.input = !no_stdin;
  joint.proxy_signals = proxy == "true";
  client::Client client(context.environment);
  return attach_in_foreground(client, options.words()[0], std::move(joint));
}

}  // namespace minibox::cli
