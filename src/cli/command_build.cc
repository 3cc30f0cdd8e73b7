#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/auth_file.h"
#include "cli/build_graph.h"
#include "cli/build_options.h"
#include "cli/build_output.h"
#include "cli/command_table.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "client/client.h"
#include "wire/build_report.h"

namespace minibox::cli {
namespace {

size_t columns_of(int stream) {
  winsize size{};
  return ::ioctl(stream, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

constexpr mode_t kForAllToRead = 0644;

void write_graph(const std::string& path, const std::string& report) {
  const std::string text = print_graph(wire::BuildReport::parse(report), graph_format_of(path));
  OutputFile file(path, kForAllToRead);
  file.write(text);
  file.commit();
}

// Not when all the work is done.
void check_graph(const std::string& path) {
  if (path.empty()) return;
  with_context("cannot write the graph", [&] { check_output_file(path, kForAllToRead); });
}

// The log's last line has said why. What comes after the image does not take it back.
std::string what_failed(std::string_view failure) {
  return failure.starts_with(wire::kCacheNotStored) ? " was built, but its cache was not stored" : " was not built";
}

}  // namespace

int command_build(const Args& args, const Context& context) {
  BuildOptions options;
  if (!parse_build_options(args, context.environment, options)) return 0;
  check_graph(options.graph_file);
  wire::BuildRequest& request = options.request;
  request.auths = auths_named_in(
      request.minibox + "\n" + join(request.cache_from, "\n") + "\n" + join(request.cache_to, "\n"), context);
  client::Client client(context.environment);
  const Style style = style_of(STDOUT_FILENO, context.environment);
  const std::string folder = request.context.substr(request.context.rfind('/') + 1);
  write_out(info_line(style, "Building image " + request.image + " from " + folder));
  BuildOutput output(style, options.progress, columns_of(STDOUT_FILENO));
  const bool built = client.build(request, [&](std::string_view bytes) { write_out(output.take(bytes)); });
  write_out(output.finish());
  if (!built) throw Error(ErrorKind::kInternal, "image " + quote(request.image) + what_failed(output.failure()));
  if (!options.graph_file.empty()) {
    with_context("cannot write the graph", [&] { write_graph(options.graph_file, output.report()); });
  }
  return 0;
}

}  // namespace minibox::cli
