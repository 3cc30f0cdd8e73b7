#include "cli/auth_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/registry_name.h"
#include "base/text.h"
#include "cli/local_file.h"

namespace minibox::cli {
namespace {

constexpr size_t kMaxFile = 1u << 20;

void check_private(const LocalFile& file, const std::string& path) {
  struct stat info{};
  if (::fstat(file.fd(), &info) != 0) throw Error::from_errno("fstat('" + path + "')", errno);
  if ((info.st_mode & 077) == 0) return;
  throw Error(ErrorKind::kDenied, "the credentials in " + quote(path) + " are open to other users")
      .with_hint("chmod 600 " + path);
}

// "" when it is not there.
std::string read_auth_file(const std::string& path) {
  const LocalFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT) return {};
  if (!file.valid()) throw Error::from_errno("open('" + path + "')", errno);
  check_private(file, path);
  std::string text;
  std::array<char, 16 * 1024> buffer{};
  while (const size_t got = file.read(buffer.data(), buffer.size())) {
    text.append(buffer.data(), got);
    if (text.size() > kMaxFile) throw Error(ErrorKind::kInvalid, quote(path) + " is larger than 1 MiB");
  }
  return text;
}

void make_parents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST)
      throw Error::from_errno("mkdir('" + parent + "')", errno);
  }
}

// Readers see the old or the new content, and at no moment is it anybody else's to read.
void replace_auth_file(const std::string& path, const std::string& text) {
  make_parents(path);
  const std::string temporary = path + "." + std::to_string(::getpid());
  {
    const LocalFile file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) throw Error::from_errno("open('" + temporary + "')", errno);
    file.write(text);
  }
  if (::rename(temporary.c_str(), path.c_str()) == 0) return;
  const int error = errno;
  ::unlink(temporary.c_str());
  throw Error::from_errno("rename('" + temporary + "', '" + path + "')", error);
}

std::vector<wire::RegistryAuth> all_auths(const Context& context) {
  const std::string path = auth_file_path(context);
  return with_context(quote(path), [&] { return wire::parse_auth_file(path.empty() ? "" : read_auth_file(path)); });
}

}  // namespace

std::string auth_file_path(const Context& context) {
  if (std::string path = context.environment("MINIBOX_AUTH_FILE"); !path.empty()) return path;
  if (const std::string config = context.environment("XDG_CONFIG_HOME"); !config.empty())
    return config + "/minibox/auth.json";
  const std::string home = context.environment("HOME");
  return home.empty() ? "" : home + "/.config/minibox/auth.json";
}

wire::RegistryAuth auth_for(const std::string& server, const Context& context) {
  for (wire::RegistryAuth& auth : all_auths(context)) {
    if (auth.server == server) return std::move(auth);
  }
  return {};
}

wire::RegistryAuth auth_for_image(const std::string& image, const Context& context) {
  return auth_for(normal_registry(registry_host_in(image)), context);
}

std::vector<wire::RegistryAuth> auths_named_in(const std::string& text, const Context& context) {
  const std::string lower = to_lower(text);
  std::vector<wire::RegistryAuth> named;
  for (wire::RegistryAuth& auth : all_auths(context)) {
    // The default registry is meant by every name without one.
    if (auth.server == kDefaultRegistry || lower.find(auth.server) != std::string::npos)
      named.push_back(std::move(auth));
  }
  return named;
}

void save_auth(const wire::RegistryAuth& auth, const Context& context) {
  const std::string path = auth_file_path(context);
  if (path.empty()) {
    throw Error(ErrorKind::kInvalid, "no place for the credentials: HOME is not set")
        .with_hint("set MINIBOX_AUTH_FILE");
  }
  replace_auth_file(path, wire::add_to_auth_file(read_auth_file(path), auth));
}

bool remove_auth(const std::string& server, const Context& context) {
  if (auth_for(server, context).empty()) return false;
  const std::string path = auth_file_path(context);
  replace_auth_file(path, wire::remove_from_auth_file(read_auth_file(path), server));
  return true;
}

}  // namespace minibox::cli
