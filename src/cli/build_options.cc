#include "cli/build_options.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/cache_path.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/build_graph.h"
#include "cli/options.h"
#include "cli/run_options.h"

namespace minibox::cli {
namespace {

constexpr size_t kMaxFile = 16u << 20;
constexpr size_t kMaxSecret = 1u << 20;

std::string read_small_file(const std::string& path, size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Error::from_errno("open('" + path + "')", errno);
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0 && text.size() <= limit) {
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  const int error = errno;
  ::close(fd);
  if (got < 0) throw Error::from_errno("read('" + path + "')", error);
  if (text.size() > limit) {
    throw Error(ErrorKind::kExhausted, quote(path) + " is larger than " + std::to_string(limit >> 20) + " MiB");
  }
  return text;
}

// A directory that is not here may still be where the daemon is; a file is a mistake for -f.
void refuse_file_as_context(const std::string& written, const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return;
  throw Error(ErrorKind::kInvalid, "the build context must be a directory, and " + quote(written) + " is a file")
      .with_hint("name the file with -f and its directory as context: minibox build -t IMAGE -f FILE DIRECTORY");
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

std::string dockerfile_in(const std::string& directory) {
  for (const char* name : {"Dockerfile", "Containerfile"}) {
    if (::access((directory + "/" + name).c_str(), F_OK) == 0) return name;
  }
  return {};
}

// A Dockerfile in its place is the likely reason.
std::string read_minibox_file(const std::string& path) {
  try {
    std::string text = with_context("cannot read the MiniBox file", [&] { return read_small_file(path, kMaxFile); });
    if (trim(text).empty()) throw Error(ErrorKind::kInvalid, "the MiniBox file " + quote(path) + " is empty");
    return text;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
    const std::string other = dockerfile_in(path.substr(0, path.rfind('/')));
    Error missing(ErrorKind::kNotFound, "there is no MiniBox file " + quote(path) +
                                            (other.empty() ? "" : "; the " + other + " there is of another format"));
    throw missing.with_hint(other.empty() ? "it says how to build (docs/minibox-file.md); another name: -f FILE"
                                          : "docs/minibox-file.md, 'Coming from a Dockerfile', says what becomes what");
  }
}

// NAME=VALUE; a name alone takes the client's value.
void add_build_arg(const std::string& text, wire::BuildRequest& request) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (name.empty()) throw Error(ErrorKind::kInvalid, "--build-arg takes NAME=VALUE, not " + quote(text));
  if (equals != std::string::npos) {
    request.build_args[name] = text.substr(equals + 1);
  } else if (const char* value = std::getenv(name.c_str())) {
    request.build_args[name] = value;
  } else {
    throw Error(ErrorKind::kInvalid, "--build-arg " + name + ": the environment has no such variable");
  }
}

// Elsewhere a second -t is one more name: one of them would be missed.
void name_image(const std::string& name, wire::BuildRequest& request) {
  if (!request.image.empty()) {
    throw Error(ErrorKind::kInvalid, "a build gives one name, not " + quote(request.image) + " and " + quote(name) +
                                         ": minibox tag gives more");
  }
  request.image = name;
}

// id=NAME,src=FILE
void add_secret(const std::string& text, wire::BuildRequest& request) {
  std::string id;
  std::string source;
  for (const std::string& part : split(text, ',')) {
    const size_t equals = std::min(part.find('='), part.size());
    const std::string key = part.substr(0, equals);
    const std::string value = equals == part.size() ? "" : part.substr(equals + 1);
    if (key == "id") {
      id = value;
    } else if (key == "src" || key == "source") {
      source = value;
    } else {
      throw Error(ErrorKind::kInvalid, "--secret has an unknown part " + quote(part))
          .with_hint("it takes id=NAME,src=FILE");
    }
  }
  if (id.empty() || source.empty()) throw Error(ErrorKind::kInvalid, "--secret takes id=NAME,src=FILE");
  request.secrets[id] = with_context("secret " + quote(id), [&] { return read_small_file(source, kMaxSecret); });
}

// What moves the cursor would be rubbish anywhere but on a terminal.
BuildProgress progress_of(const std::string& word) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  if (word == "tty" && !terminal) {
    throw Error(ErrorKind::kInvalid, "--progress tty needs a terminal, and stdout is none")
        .with_exit_code(2)
        .with_hint("give --progress plain, or auto, which is plain here");
  }
  return word == "tty" || (word == "auto" && terminal) ? BuildProgress::kTty : BuildProgress::kPlain;
}

void add_cache_dir(const std::string& path, wire::BuildRequest& request) {
  with_context("--cache-dir", [&] { checked_cache_path(path); });  // the daemon would refuse it as well
  request.cache_dirs.push_back(path);
}

void locate_files(const Options& options, std::string file, wire::BuildRequest& request) {
  const std::string cwd = current_directory();
  const std::string directory = options.words().empty() ? "." : options.words()[0];
  request.context = resolve_path(cwd, directory);
  refuse_file_as_context(directory, request.context);
  file = file.empty() ? request.context + "/MiniBox" : resolve_path(cwd, file);
  request.file = file.substr(file.rfind('/') + 1);
  request.minibox = read_minibox_file(file);
}

}  // namespace

bool parse_build_options(const Args& args, const client::Environment& environment, BuildOptions& parsed) {
  wire::BuildRequest& request = parsed.request;
  std::string file;
  std::string progress;
  Options options("build -t IMAGE [OPTIONS] [DIRECTORY]", "Builds an image from DIRECTORY/MiniBox.");
  options.custom(
             "-t,--tag", "IMAGE", [&](const std::string& name) { name_image(name, request); }, "name of the image")
      .text("-f,--file", "FILE", file, "another file than DIRECTORY/MiniBox")
      .text("--target", "BLOCK", request.target, "build this block and what it needs, no others")
      .custom(
          "--build-arg", "NAME[=VALUE]", [&](const std::string& text) { add_build_arg(text, request); },
          "value of an ARG of the file")
      .custom(
          "--secret", "id=NAME,src=FILE", [&](const std::string& text) { add_secret(text, request); },
          "for the blocks that ask for it (SECRET), as /run/secrets/NAME")
      .choice("--network", "bridge|none", {"bridge", "none"}, request.network, "network of the steps")
      .custom(
          "--cache-dir", "PATH", [&](const std::string& path) { add_cache_dir(path, request); },
          "keep what steps leave at PATH from build to build (CACHE)")
      .list("--cache-from", "REGISTRY/REPO", request.cache_from, "take what others have built from this registry")
      .list("--cache-to", "REGISTRY/REPO", request.cache_to, "put what is built there, for others")
      .flag("--no-cache", request.no_cache, "run every block anew")
      .flag("--explain", request.explain, "tell for each block why it runs or does not")
      .custom(
          "--graph", "FILE",
          [&](const std::string& file) {
            graph_format_of(file);
            parsed.graph_file = file;
          },
          "write the graph of blocks to FILE.svg, .dot or .html")
      .choice("--progress", "plain|tty|auto", {"plain", "tty", "auto"}, progress,
              "every line, or the running blocks on a terminal")
      .flag("--lenient", request.lenient, "pass over lines with unknown words");
  if (!options.parse(args, 0, 1)) return false;
  if (request.image.empty()) options.refuse("the name of the image is missing: -t IMAGE");
  parsed.progress = progress_of(progress);
  request.report = !parsed.graph_file.empty();
  request.source_date_epoch = source_date_epoch(environment);
  locate_files(options, file, request);
  return true;
}

}  // namespace minibox::cli
