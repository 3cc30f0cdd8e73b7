#include "build/image_changes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/path.h"
#include "base/signal_name.h"
#include "base/text.h"
#include "build/scope.h"
#include "build/words.h"

namespace minibox::build {
namespace {

using Config = oci::ContainerDefaults;

void add_unique(std::vector<std::string>& list, const std::string& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

// As Docker has it: what is no array is a line for the shell.
std::vector<std::string> program_of(const std::string& text) {
  if (text.starts_with('[')) return argument_words(text);
  return {"/bin/sh", "-c", text};
}

std::vector<std::pair<std::string, std::string>> pairs_of(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& word : shell_words(text)) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::kInvalid, quote(word) + " is not of the form NAME=VALUE");
    }
    pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return pairs;
}

std::string single_word(const std::string& text) {
  const std::vector<std::string> words = shell_words(text);
  if (words.size() != 1) throw Error(ErrorKind::kInvalid, "one word is expected, not " + quote(text));
  return words[0];
}

void set_env_of(Config& config, const std::string& text) {
  std::vector<EnvVar> env = parse_env_list(config.env);
  for (const auto& [name, value] : pairs_of(text)) set_env(env, {name, value});
  config.env = print_env_list(env);
}

void add_ports(Config& config, const std::string& text) {
  for (const std::string& word : shell_words(text)) {
    const std::string number = word.substr(0, word.find('/'));
    const std::string protocol = number.size() == word.size() ? "tcp" : word.substr(number.size() + 1);
    if (!parse_int(number, 1, 65535) || (protocol != "tcp" && protocol != "udp")) {
      throw Error(ErrorKind::kInvalid, "bad port " + quote(word));
    }
    add_unique(config.exposed_ports, number + "/" + protocol);
  }
}

// What is refused here would else be found when a container is started.
void set_stop_signal(Config& config, const std::string& text) {
  config.stop_signal = single_word(text);
  if (!parse_signal(config.stop_signal))
    throw Error(ErrorKind::kInvalid, "unknown signal " + quote(config.stop_signal));
}

struct Word {
  std::string_view name;
  void (*apply)(Config& config, const std::string& text);
};

constexpr std::array kWords = {
    Word{"CMD", [](Config& config, const std::string& text) { config.cmd = program_of(text); }},
    Word{"ENTRYPOINT", [](Config& config, const std::string& text) { config.entrypoint = program_of(text); }},
    Word{"START", [](Config& config, const std::string& text) { config.cmd = argument_words(text); }},
    Word{"ENV", set_env_of},
    Word{"LABEL",
         [](Config& config, const std::string& text) {
           for (const auto& [name, value] : pairs_of(text)) config.labels[name] = value;
         }},
    Word{"EXPOSE", add_ports},
    Word{"PORT", add_ports},
    Word{"USER", [](Config& config, const std::string& text) { config.user = single_word(text); }},
    Word{"VOLUME",
         [](Config& config, const std::string& text) {
           for (const std::string& path : argument_words(text)) add_unique(config.volumes, resolve_path("/", path));
         }},
    Word{"WORKDIR",
         [](Config& config, const std::string& text) {
           config.working_dir = resolve_path(config.working_dir.empty() ? "/" : config.working_dir, single_word(text));
         }},
    Word{"STOPSIGNAL", set_stop_signal},
};

}  // namespace

void apply_change(oci::ImageConfig& image, const std::string& change) {
  const std::string text(trim(change));
  const size_t end = text.find_first_of(" \t");
  const std::string name = to_lower(text.substr(0, end));
  const std::string rest = end == std::string::npos ? "" : std::string(trim(std::string_view(text).substr(end)));
  for (const Word& word : kWords) {
    if (to_lower(word.name) != name) continue;
    if (rest.empty()) throw Error(ErrorKind::kInvalid, "change " + quote(change) + " says nothing");
    return with_context("change " + quote(change), [&] { word.apply(image.config, rest); });
  }
  throw Error(ErrorKind::kInvalid, "change " + quote(change) + " begins with no word that is known here")
      .with_hint("known are CMD, ENTRYPOINT, START, ENV, LABEL, EXPOSE, PORT, USER, VOLUME, WORKDIR and STOPSIGNAL");
}

}  // namespace minibox::build
