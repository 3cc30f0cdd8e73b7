#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/auth_file.h"
#include "cli/build_log.h"
#include "cli/command_table.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace minibox::cli {
namespace {

constexpr size_t kMaxFile = 16u << 20;

std::string read_text_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Error::from_errno("open('" + path + "')", errno);
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0 && text.size() <= kMaxFile) {
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  const int error = errno;
  ::close(fd);
  if (got < 0) throw Error::from_errno("read('" + path + "')", error);
  if (text.size() > kMaxFile) throw Error(ErrorKind::kInvalid, quote(path) + " is larger than 16 MiB");
  return text;
}

// A directory that is not here may still be where the daemon is; a file is a mistake for -f.
void refuse_file_as_context(const std::string& written, const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return;
  throw Error(ErrorKind::kInvalid, "the build context must be a directory, and " + quote(written) + " is a file")
      .with_hint("name the file with -f and its directory as context: minibox build -t IMAGE -f FILE DIRECTORY");
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// What other builders read for the same purpose (https://reproducible-builds.org/specs/source-date-epoch).
std::int64_t source_date_epoch(const client::Environment& environment) {
  const std::string text = environment("SOURCE_DATE_EPOCH");
  if (text.empty()) return 0;
  const std::optional<std::int64_t> seconds = parse_int(text, 0, wire::kMaxSourceDateEpoch);
  if (!seconds) {
    throw Error(ErrorKind::kInvalid, "SOURCE_DATE_EPOCH " + quote(text) + " is no number of seconds from 0 to " +
                                         std::to_string(wire::kMaxSourceDateEpoch));
  }
  return *seconds;
}

// A Dockerfile in its place is the likely reason.
std::string read_minibox_file(const std::string& path) {
  try {
    return read_text_file(path);
  } catch (Error& error) {
    if (error.kind() == ErrorKind::kNotFound)
      error.with_hint("it says how to build (docs/minibox-file.md); another name: -f FILE");
    throw;
  }
}

}  // namespace

int command_build(const Args& args, const Context& context) {
  wire::BuildRequest request;
  std::string file;
  Options options("build -t IMAGE [OPTIONS] [DIRECTORY]", "Builds an image from DIRECTORY/MiniBox.");
  options.text("-t,--tag", "IMAGE", request.image, "name of the image")
      .text("-f,--file", "FILE", file, "another file than DIRECTORY/MiniBox")
      .flag("--no-cache", request.no_cache, "run every block anew");
  if (!options.parse(args, 0, 1)) return 0;
  if (request.image.empty()) options.refuse("the name of the image is missing: -t IMAGE");

  const std::string cwd = current_directory();
  const std::string directory = options.words().empty() ? "." : options.words()[0];
  request.context = resolve_path(cwd, directory);
  refuse_file_as_context(directory, request.context);
  const std::string path = file.empty() ? request.context + "/MiniBox" : resolve_path(cwd, file);
  request.file = base_name(path);
  request.minibox = with_context("cannot read the MiniBox file", [&] { return read_minibox_file(path); });

  request.source_date_epoch = source_date_epoch(context.environment);

  client::Client client(context.environment);
  const Style style = style_of(STDOUT_FILENO, context.environment);
  write_out(info_line(style, "Building image " + request.image + " from " + base_name(request.context)));
  request.auths = auths_named_in(request.minibox, context);
  BuildLogPainter painter(style);
  const bool built = client.build(request, [&](std::string_view bytes) { write_out(painter.paint(bytes)); });
  write_out(painter.rest());
  // The log's last line has said why.
  if (!built) throw Error(ErrorKind::kInternal, "image " + quote(request.image) + " was not built");
  return 0;
}

}  // namespace minibox::cli
