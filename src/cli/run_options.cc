#include "cli/run_options.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace minibox::cli {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::kInvalid, message);
}

void check_port(const std::string& kind, std::string_view port) {
  if (port.empty()) refuse(kind + " port " + quote(port) + ": empty port");
  if (!is_digits(port)) refuse(kind + " port " + quote(port) + ": non-numeric port");
  if (!parse_int(port, 1, 65535)) refuse(kind + " port " + quote(port) + ": port out of range");
}

}  // namespace

std::pair<std::string, std::string> parse_publish(const std::string& text) {
  const size_t last = text.rfind(':');
  if (last == std::string::npos) refuse(quote(text) + " must be [ADDRESS:]HOST_PORT:CONTAINER_PORT");
  const std::string host = text.substr(0, last);
  const std::string container = text.substr(last + 1);
  const size_t colon = host.rfind(':');
  check_port("host", colon == std::string::npos ? host : host.substr(colon + 1));
  if (colon == 0) refuse(quote(text) + ": the address is empty");
  const size_t slash = container.find('/');
  check_port("container", container.substr(0, slash));
  if (slash != std::string::npos && container.substr(slash) != "/tcp") {
    refuse(quote(text) + ": only tcp ports can be published");
  }
  return {host, container};
}

std::pair<std::string, std::string> parse_volume(const std::string& text, const std::string& cwd) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) refuse(quote(text) + " must be HOST_PATH:CONTAINER_PATH[:ro]");
  const std::string host = text.substr(0, colon);
  const std::string container = text.substr(colon + 1);
  if (host.empty()) refuse(quote(text) + ": the host path is empty");
  if (host.find('/') == std::string::npos && host != "." && host != "..") {
    throw Error(ErrorKind::kInvalid, quote(text) + ": named volumes are not supported yet")
        .with_hint("for a directory write ./" + host + " or an absolute path");
  }
  const size_t mode = container.find(':');
  const std::string path = container.substr(0, mode);
  const std::string word = mode == std::string::npos ? "rw" : container.substr(mode + 1);
  if (path.empty() || path.front() != '/') refuse(quote(text) + ": the container path must be absolute");
  if (word != "ro" && word != "rw") refuse(quote(text) + ": the mode must be ro or rw, not " + quote(word));
  return {absolute_path(host, cwd), container};
}

std::int64_t parse_memory(const std::string& text) {
  const std::string lower = to_lower(text);
  const size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  const auto number = parse_int(lower.substr(0, digits), 1, 1LL << 40);
  const std::string unit = lower.substr(digits);
  std::int64_t megabytes = 0;
  if (number && (unit.empty() || unit == "m" || unit == "mb")) megabytes = *number;
  if (number && (unit == "g" || unit == "gb")) megabytes = *number * 1024;
  if (number && (unit == "k" || unit == "kb") && *number % 1024 == 0) megabytes = *number / 1024;
  if (megabytes == 0) refuse("needs a number of MB such as 64, 64m or 1g, not " + quote(text));
  return megabytes;
}

double parse_cpus(const std::string& text) {
  double cores = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cores, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(cores) || cores < 0.01 ||
      cores > 4096) {
    refuse("needs a number of cores such as 0.5 or 2, not " + quote(text));
  }
  return cores;
}

std::optional<std::string> parse_env(const std::string& text) {
  const size_t equals = text.find('=');
  if (text.empty() || equals == 0) refuse("needs NAME=VALUE or NAME, not " + quote(text));
  if (equals != std::string::npos) return text;
  const char* value = std::getenv(text.c_str());
  if (value == nullptr) return std::nullopt;
  return text + "=" + value;
}

std::vector<std::string> parse_env_list(const std::vector<std::string>& values) {
  std::vector<std::string> env;
  for_option("--env", values, [&](const std::string& value) {
    if (auto entry = parse_env(value)) env.push_back(*entry);
  });
  return env;
}

std::string absolute_path(const std::string& path, const std::string& cwd) {
  std::vector<std::string> parts;
  for (const std::string& part : split(path.substr(0, 1) == "/" ? path : cwd + "/" + path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return "/" + join(parts, "/");
}

std::string current_directory() {
  const std::unique_ptr<char, decltype(&std::free)> path(::getcwd(nullptr, 0), &std::free);
  if (path == nullptr) throw Error::from_errno("getcwd()", errno);
  return path.get();
}

}  // namespace minibox::cli
