#include "build/healthcheck_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/health_limits.h"
#include "base/text.h"
#include "build/words.h"

namespace minibox::build {
namespace {

using HealthTime = std::pair<std::string_view, std::int64_t Healthcheck::*>;
constexpr std::array kHealthTimes = {HealthTime{"--interval", &Healthcheck::interval_ms},
                                     HealthTime{"--timeout", &Healthcheck::timeout_ms},
                                     HealthTime{"--start-period", &Healthcheck::start_period_ms},
                                     HealthTime{"--start-interval", &Healthcheck::start_interval_ms}};

Error invalid(const std::string& message) {
  return Error(ErrorKind::kInvalid, message);
}

void take_option(std::string_view option, Healthcheck& check) {
  const size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "" : option.substr(equals + 1);
  if (name == "--retries") {
    const auto retries = parse_int(value, 1, kMaxHealthRetries);
    if (!retries) {
      throw invalid("--retries takes a whole number from 1 to " + std::to_string(kMaxHealthRetries) + ", not " +
                    quote(value));
    }
    check.retries = *retries;
    return;
  }
  const auto time =
      std::find_if(kHealthTimes.begin(), kHealthTimes.end(), [&](const auto& entry) { return entry.first == name; });
  if (time == kHealthTimes.end()) throw invalid("unknown option " + quote(option) + " of HEALTHCHECK");
  const auto ms = parse_health_time(value);
  if (!ms) throw invalid(std::string(name) + " takes " + kHealthTimeForm + ", not " + quote(value));
  check.*(time->second) = *ms;
}

// What follows CMD, read as RUN reads its line.
std::vector<std::string> docker_command(std::string_view text) {
  if (text.empty()) throw invalid("HEALTHCHECK CMD requires a command");
  if (std::optional<std::vector<std::string>> argv = json_words(text)) return std::move(*argv);
  return {"/bin/sh", "-c", std::string(text)};
}

// A shell's operators would go to the program as arguments, and its status be that of the first program.
void refuse_operators(std::string_view text) {
  const std::optional<std::string> found = shell_operator(text);
  if (!found) return;
  throw invalid("HEALTHCHECK runs a program without a shell, which " + quote(*found) + " is for")
      .with_hint("write HEALTHCHECK CMD before the line, or sh -c '...'");
}

}  // namespace

std::vector<std::string> command_words(const Line& line, std::string_view text) {
  std::vector<std::string> words = with_context(line.keyword, [&] { return argument_words(text); });
  if (words.empty() || words.front().empty()) throw invalid(line.keyword + " requires a command");
  return words;
}

Healthcheck parse_healthcheck(const Line& line) {
  Healthcheck check;
  check.line = line.number;
  std::string_view rest = line.rest;
  while (rest.starts_with("--")) {
    const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    take_option(rest.substr(0, end), check);
    rest = trim(rest.substr(end));
  }
  const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  if (to_lower(rest.substr(0, end)) == "cmd") {
    check.argv = docker_command(trim(rest.substr(end)));
    return check;
  }
  const bool with_options = rest.size() != line.rest.size();
  check.argv = command_words(line, rest);
  if (!rest.starts_with('[')) refuse_operators(rest);
  if (with_options && check.argv == std::vector<std::string>{"NONE"}) {
    throw invalid("HEALTHCHECK NONE takes no options");
  }
  return check;
}

}  // namespace minibox::build
