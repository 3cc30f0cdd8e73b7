#include "cli/run_options.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "base/error.h"
#include "base/path.h"
#include "base/port_text.h"
#include "base/signal_name.h"
#include "base/text.h"

namespace minibox::cli {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::kInvalid, message);
}

}  // namespace

std::pair<std::string, std::string> parse_publish(const std::string& text) {
  const size_t last = text.rfind(':');
  if (last == std::string::npos) refuse(quote(text) + " must be [ADDRESS:]HOST_PORT:CONTAINER_PORT");
  const std::string host = text.substr(0, last);
  const std::string container = text.substr(last + 1);
  parse_published_address(host);
  parse_container_port(container);
  return {host, container};
}

std::pair<std::string, std::string> parse_volume(const std::string& text, const std::string& cwd) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) refuse(quote(text) + " must be HOST_PATH:CONTAINER_PATH[:ro]");
  const std::string host = text.substr(0, colon);
  const std::string container = text.substr(colon + 1);
  if (host.empty()) refuse(quote(text) + ": the host path is empty");
  const bool named = host.find('/') == std::string::npos && host != "." && host != "..";
  const size_t mode = container.find(':');
  const std::string path = container.substr(0, mode);
  const std::string word = mode == std::string::npos ? "rw" : container.substr(mode + 1);
  if (path.empty() || path.front() != '/') refuse(quote(text) + ": the container path must be absolute");
  if (word != "ro" && word != "rw") refuse(quote(text) + ": the mode must be ro or rw, not " + quote(word));
  return {named ? host : resolve_path(cwd, host), container};
}

std::int64_t parse_memory(const std::string& text) {
  constexpr std::int64_t kMb = 1 << 20;
  constexpr std::int64_t kMax = 1LL << 44;
  const std::string lower = to_lower(text);
  const size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  const auto number = parse_int(lower.substr(0, digits), 1, kMax);
  const std::string unit = lower.substr(digits);
  std::int64_t bytes_each = 0;
  if (unit == "b") bytes_each = 1;
  if (unit == "k" || unit == "kb") bytes_each = 1024;
  if (unit.empty() || unit == "m" || unit == "mb") bytes_each = kMb;
  if (unit == "g" || unit == "gb") bytes_each = 1024 * kMb;
  if (!number || bytes_each == 0 || *number > kMax / bytes_each) {
    refuse("needs a number of MB such as 64, or one with a unit such as 64m, 1g, 2048k or 67108864b, not " +
           quote(text));
  }
  const std::int64_t bytes = *number * bytes_each;
  if (bytes % kMb != 0) refuse("needs a whole number of MB, not " + quote(text));
  return bytes / kMb;
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

void add_unique(std::map<std::string, std::string>& map, std::pair<std::string, std::string> entry) {
  if (map.count(entry.first) != 0) refuse(quote(entry.first) + " is given twice");
  map.insert(std::move(entry));
}

std::vector<std::string> read_env_file(const std::string& path) {
  constexpr size_t kMax = 4u << 20;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> env;
  size_t size = 0;
  for (std::string line; file && std::getline(file, line);) {
    if ((size += line.size()) > kMax) refuse(quote(path) + " has more than 4 MiB");
    if (!line.empty() && line.back() == '\r') line.pop_back();
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.empty() || line[0] == '#') continue;
    if (auto entry = parse_env(line)) env.push_back(std::move(*entry));
  }
  if (!file.eof()) throw Error::from_errno("read('" + path + "')", errno == 0 ? EIO : errno);
  return env;
}

void set_label(std::map<std::string, std::string>& labels, const std::string& text) {
  const size_t equals = text.find('=');
  if (text.empty() || equals == 0) refuse("needs NAME=VALUE or NAME, not " + quote(text));
  labels[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
}

std::vector<std::string> parse_env_list(const std::vector<std::string>& values) {
  std::vector<std::string> env;
  for_option("--env", values, [&](const std::string& value) {
    if (auto entry = parse_env(value)) env.push_back(*entry);
  });
  return env;
}

std::function<void(const std::string&)> signal_into(const char* option, std::string& out) {
  return [option, &out](const std::string& value) {
    if (!parse_signal(value)) refuse(std::string(option) + ": unknown signal " + quote(value));
    out = value;
  };
}

void for_option(const char* name, const std::vector<std::string>& values,
                const std::function<void(const std::string&)>& parse) {
  for (const std::string& value : values) {
    try {
      parse(value);
    } catch (Error& error) {
      error.add_context(name).with_exit_code(2);
      throw;
    }
  }
}

std::vector<std::string> if_given(const std::string& text) {
  return text.empty() ? std::vector<std::string>() : std::vector<std::string>{text};
}

std::string current_directory() {
  const std::unique_ptr<char, decltype(&std::free)> path(::getcwd(nullptr, 0), &std::free);
  if (path == nullptr) throw Error::from_errno("getcwd()", errno);
  return path.get();
}

}  // namespace minibox::cli
