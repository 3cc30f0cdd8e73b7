#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/tables.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

int show_usage(const Args& args, const Context& context) {
  bool json = false;
  Options options("system df [--json]", "Shows what images, containers, volumes and the build cache take on the disk.");
  options.flag("--json", json, "as a JSON array of objects");
  if (!options.parse(args, 0, 0)) return 0;
  const std::vector<wire::DiskUsage> rows = client::Client(context.environment).disk_usage();
  write_out(json ? wire::DiskUsage::print_list(rows) + "\n"
                 : disk_usage_table(rows, style_of(STDOUT_FILENO, context.environment)));
  return 0;
}

std::string size_text(std::int64_t bytes) {
  return bytes == 0 ? "0 B" : format_size(static_cast<std::uint64_t>(bytes));
}

// Deleting many files takes long, and the answer comes at the end. Only for who sits there and wonders.
void say_what_begins(bool build_cache, const Context& context) {
  if (::isatty(STDERR_FILENO) != 1) return;
  const std::string what =
      build_cache ? "Removing the build cache and what nothing needs" : "Removing what nothing needs";
  write_err(info_line(style_of(STDERR_FILENO, context.environment), what + ", which may take a while..."));
}

int prune(const Args& args, const Context& context) {
  bool build_cache = false;
  bool force = false;
  Options options("system prune [--build-cache]",
                  "Removes what nothing needs: blobs and layers without an image, leftovers of crashes. What running\n"
                  "containers, builds and images need stays.");
  options.flag("--build-cache", build_cache, "the build cache too")
      .flag("-f,--force", force, "accepted, nothing is asked");
  if (!options.parse(args, 0, 0)) return 0;
  say_what_begins(build_cache, context);
  const wire::PruneReport report = client::Client(context.environment).prune(build_cache);
  const Style style = style_of(STDOUT_FILENO, context.environment);
  std::string text = ok_line(style, "System Prune Completed:");
  text += "  - Active FUSE mounts killed: " + std::to_string(report.fuse_mounts_killed) + "\n";
  text += "  - Orphaned blobs removed:   " + std::to_string(report.blobs_removed) + "\n";
  text += "  - Disk space recovered:     " + size_text(report.bytes_freed) + "\n";
  if (report.build_cache_removed != 0 || report.build_cache_bytes_freed != 0) {
    text += "  - Build cache entries removed: " + std::to_string(report.build_cache_removed) + "\n";
    text += "  - Build cache recovered:       " + size_text(report.build_cache_bytes_freed) + "\n";
  }
  if (report.put_off) {
    text += info_line(style, "a build, pull, load or start is at work: what it leaves is removed when it has ended");
  }
  write_out(text);
  return 0;
}

}  // namespace

int command_system(const Args& args, const Context& context) {
  const std::string word = args.empty() ? "" : args[0];
  const Args rest(args.empty() ? args.begin() : args.begin() + 1, args.end());
  if (word == "df") return show_usage(rest, context);
  if (word == "prune") return prune(rest, context);
  Options options(
      "system df|prune [OPTIONS]",
      "df shows what takes space on the disk; prune removes what nothing needs. 'system prune --help' tells more.");
  if (word == "--help" || word == "-h") {
    options.parse(args, 0, 0);
    return 0;
  }
  options.refuse(word.empty() ? "df or prune is missing" : "unknown word " + quote(word) + "; df and prune are known");
}

}  // namespace minibox::cli
