#include "cli/isolation_options.h"

#include <cerrno>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "cli/run_options.h"

namespace minibox::cli {
namespace {

constexpr size_t kMaxProfile = 512u << 10;

[[noreturn]] void refuse(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::kInvalid, message).with_hint(hint);
}

// The client's file: the daemon is sent its text and never a path.
std::string read_profile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxProfile + 1, '\0');
  if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())).eof()) {
    if (file) refuse(quote(path) + " has more than " + std::to_string(kMaxProfile) + " bytes");
    throw Error::from_errno("read('" + path + "')", errno == 0 ? EIO : errno)
        .with_hint("a profile in Docker's JSON form, or 'unconfined'");
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (trim(text).empty()) refuse(quote(path) + " is empty");
  return text;
}

}  // namespace

void declare_isolation(Options& options, wire::RunRequest& request, IsolationWords& words) {
  options.list("--cap-add", "CAPABILITY", request.cap_add, "a capability beside the default ones, or ALL")
      .list("--cap-drop", "CAPABILITY", request.cap_drop, "one less, or ALL")
      .list("--security-opt", "OPTION", words.security,
            "seccomp=FILE, seccomp=unconfined, no-new-privileges (always on)")
      .choice("--userns", "MODE", {"private", "host"}, request.userns,
              "host: no user namespace; root inside is root of the host")
      .flag("--read-only", request.read_only, "the root file system can't be written")
      .list("--tmpfs", "PATH[:OPTIONS]", words.tmpfs, "a file system in memory: size=64m,mode=700,exec")
      .list("--device", "HOST[:PATH][:rwm]", request.devices, "a device of the host")
      .list("--ulimit", "NAME=SOFT[:HARD]", words.ulimits, "resource limit: nofile=1024:4096")
      .list("--sysctl", "NAME=VALUE", words.sysctls, "kernel setting of the container's namespaces: net.*, kernel.shm*")
      .text("--shm-size", "MB", words.shm_size, "size of /dev/shm: 64, 256m, 1g")
      .text("--memory-swap", "MB", words.memory_swap, "memory and swap together; -1: swap without limit")
      .text("--oom-score-adj", "N", words.oom_score_adj, "-1000 to 1000: lower is killed later")
      .text("--cpuset-cpus", "LIST", request.cpuset, "processors to run on: 0-3,6")
      .number("--io-weight,--blkio-weight", "N", request.io_weight, 1, 1000, "share of the disk's time");
}

std::pair<std::string, std::string> parse_tmpfs(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string path = text.substr(0, colon);
  if (path.empty() || path.front() != '/') refuse(quote(text) + ": the path must be absolute");
  return {path, colon == std::string::npos ? "" : text.substr(colon + 1)};
}

std::pair<std::string, std::string> parse_setting(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    refuse("needs NAME=VALUE, not " + quote(text));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void parse_security_option(const std::string& text, wire::RunRequest& request) {
  if (text == "no-new-privileges" || text == "no-new-privileges=true" || text == "no-new-privileges:true") return;
  if (text.starts_with("no-new-privileges")) {
    refuse(quote(text) + ": no_new_privs is always on",
           "without it a setuid program could undo what the container is refused");
  }
  if (!text.starts_with("seccomp=")) refuse("unknown option " + quote(text), "known: seccomp=FILE, seccomp=unconfined");
  if (!request.seccomp.empty()) refuse("seccomp is given twice");
  const std::string value = text.substr(8);
  if (value.empty()) refuse("seccomp= needs a file or 'unconfined'");
  request.seccomp = value == "unconfined" ? value : read_profile(value);
}

void fill_isolation(wire::RunRequest& request, const IsolationWords& words) {
  for_option("--security-opt", words.security,
             [&](const std::string& value) { parse_security_option(value, request); });
  for_option("--tmpfs", words.tmpfs, [&](const std::string& value) { add_unique(request.tmpfs, parse_tmpfs(value)); });
  for_option("--ulimit", words.ulimits,
             [&](const std::string& value) { add_unique(request.ulimits, parse_setting(value)); });
  for_option("--sysctl", words.sysctls,
             [&](const std::string& value) { add_unique(request.sysctls, parse_setting(value)); });
  for_option("--shm-size", if_given(words.shm_size),
             [&](const std::string& value) { request.shm_size = parse_memory(value); });
  for_option("--memory-swap", if_given(words.memory_swap),
             [&](const std::string& value) { request.memory_swap = value == "-1" ? -1 : parse_memory(value); });
  for_option("--oom-score-adj", if_given(words.oom_score_adj), [&](const std::string& value) {
    request.oom_score_adj = parse_int(value, -1000, 1000);
    if (!request.oom_score_adj) refuse("needs a whole number from -1000 to 1000, not " + quote(value));
  });
}

}  // namespace minibox::cli
