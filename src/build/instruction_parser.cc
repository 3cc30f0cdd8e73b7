#include "build/instruction_parser.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "build/glob.h"
#include "build/source_error.h"
#include "build/words.h"

namespace minibox::build {
namespace {

using Action = decltype(Instruction::action);

Error invalid(const std::string& message) {
  return Error(ErrorKind::kInvalid, message);
}

std::string one_word(const Line& line, const std::string& what) {
  const std::vector<std::string> words = shell_words(line.rest);
  if (words.empty() || words.front().empty()) throw invalid(line.keyword + " requires " + what);
  if (words.size() > 1) {
    throw invalid(line.keyword + " takes one argument, not " + quote(line.rest))
        .with_hint("write one " + line.keyword + " a line");
  }
  return words.front();
}

void parse_need(const Line& line, Block& block) {
  block.needs.push_back({one_word(line, "a block name"), line.number});
}

void parse_build_need(const Line& line, Block& block) {
  block.build_needs.push_back({one_word(line, "a block name"), line.number});
}

Action shell_command(const std::string& command) {
  return RunInstruction{{"/bin/sh", "-c", command}};
}

Action parse_run(const Line& line) {
  if (line.rest.empty()) throw invalid("RUN requires a command");
  // A line that only looks like JSON ("[ -f x ] || exit 1") is a shell command.
  if (std::optional<std::vector<std::string>> argv = json_words(line.rest)) return RunInstruction{std::move(*argv)};
  return shell_command(line.rest);
}

Action parse_copy(const Line& line) {
  std::string_view rest = line.rest;
  CopyInstruction copy;
  constexpr std::string_view kFrom = "from=";
  const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  std::string_view option = rest.substr(0, end);
  if (option.starts_with("--")) {
    option.remove_prefix(2);
    if (!to_lower(option).starts_with(kFrom))
      throw invalid("unknown option " + quote(rest.substr(0, end)) + " of COPY");
  }
  if (to_lower(option).starts_with(kFrom)) {
    copy.from_block = option.substr(kFrom.size());
    if (copy.from_block.empty()) throw invalid("COPY FROM= requires a block name");
    rest = trim(rest.substr(end));
  }
  std::vector<std::string> words = argument_words(rest);
  if (words.size() < 2) throw invalid("COPY requires a source and a destination");
  if (std::any_of(words.begin(), words.end(), [](const std::string& word) { return word.empty(); })) {
    throw invalid("COPY has an empty argument");
  }
  copy.destination = std::move(words.back());
  words.pop_back();
  copy.sources = std::move(words);
  const bool has_pattern = std::any_of(copy.sources.begin(), copy.sources.end(), has_wildcard);
  if (has_pattern && !copy.from_block.empty()) {
    throw Error(ErrorKind::kUnsupported, "COPY FROM= takes no wildcards").with_hint("copy the directory they are in");
  }
  if (copy.sources.size() > 1 && !copy.destination.ends_with('/')) {
    throw invalid("COPY of several sources needs a destination that ends in '/'");
  }
  return copy;
}

Action parse_workdir(const Line& line) {
  return WorkdirInstruction{one_word(line, "a path")};
}

Action parse_user(const Line& line) {
  return UserInstruction{one_word(line, "a user name or id")};
}

void check_env_name(std::string_view name) {
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (name.empty() || std::any_of(name.begin(), name.end(), is_bad)) {
    throw invalid("invalid environment name " + quote(name));
  }
}

// ENV K=V [K=V...] or ENV K V, where V is the whole rest of the line.
Action parse_env(const Line& line) {
  const std::string_view rest = line.rest;
  const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view first = rest.substr(0, end);
  if (first.empty()) throw invalid("ENV requires a name and a value");
  EnvInstruction env;
  if (first.find('=') == std::string_view::npos) {
    if (end == rest.size()) throw invalid("ENV " + quote(first) + " has no value");
    env.variables.push_back({std::string(first), std::string(trim(rest.substr(end)))});
  } else {
    for (const std::string& word : shell_words(rest)) {
      const size_t equals = word.find('=');
      if (equals == std::string::npos) throw invalid("ENV takes NAME=VALUE, not " + quote(word));
      env.variables.push_back({word.substr(0, equals), word.substr(equals + 1)});
    }
  }
  for (const EnvVar& variable : env.variables) check_env_name(variable.name);
  return env;
}

Action parse_port(const Line& line) {
  const std::string word = one_word(line, "a port number");
  const size_t slash = std::min(word.find('/'), word.size());
  const std::string protocol = slash == word.size() ? "tcp" : to_lower(word.substr(slash + 1));
  const std::string number = word.substr(0, slash);
  const std::optional<std::int64_t> port = is_digits(number) ? parse_int(number, 1, 65535) : std::nullopt;
  if (!port) throw invalid("port " + quote(word) + " is not from 1 to 65535");
  if (protocol != "tcp" && protocol != "udp") throw invalid("port " + quote(word) + " has an unknown protocol");
  return PortInstruction{std::to_string(*port) + "/" + protocol};
}

Action parse_volume(const Line& line) {
  VolumeInstruction volume{argument_words(line.rest)};
  if (volume.paths.empty()) throw invalid("VOLUME requires a path");
  for (const std::string& path : volume.paths) {
    if (!path.starts_with('/')) throw invalid("volume path " + quote(path) + " is not absolute");
  }
  return volume;
}

// PKG name[@version]; only the first word counts. The name goes through a shell, so its letters are checked.
Action parse_package(const Line& line) {
  const std::vector<std::string> words = split_words(line.rest);
  if (words.empty()) throw invalid("PKG requires a package name");
  const std::string& word = words.front();
  const size_t at = std::min(word.find('@'), word.size());
  const std::string name = word.substr(0, at);
  const std::string version = at == word.size() ? "" : word.substr(at + 1);
  const auto is_safe = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '+' || c == '-';
  };
  const bool safe =
      std::all_of(name.begin(), name.end(), is_safe) && std::all_of(version.begin(), version.end(), is_safe);
  if (!safe || name.empty() || name.front() == '-') throw invalid("invalid package name " + quote(word));
  return shell_command("apk add --no-cache " + name + (version.empty() ? "" : "'=" + version + "*'"));
}

Action refuse_auto_deps(const Line&) {
  throw Error(ErrorKind::kUnsupported, "AUTO-DEPS comes with a later version")
      .with_hint("write the RUN line that installs the dependencies");
}

struct BlockKeyword {
  std::string_view keyword;
  Action (*parse)(const Line&);             // an instruction, or
  void (*parse_edge)(const Line&, Block&);  // an edge of the graph
};

constexpr std::array kBlockKeywords = {
    BlockKeyword{"NEED", nullptr, parse_need},
    BlockKeyword{"BNEED", nullptr, parse_build_need},
    BlockKeyword{"RUN", parse_run, nullptr},
    BlockKeyword{"COPY", parse_copy, nullptr},
    BlockKeyword{"WORKDIR", parse_workdir, nullptr},
    BlockKeyword{"ENV", parse_env, nullptr},
    BlockKeyword{"USER", parse_user, nullptr},
    BlockKeyword{"PORT", parse_port, nullptr},
    BlockKeyword{"VOLUME", parse_volume, nullptr},
    BlockKeyword{"PKG", parse_package, nullptr},
    BlockKeyword{"AUTO-DEPS", refuse_auto_deps, nullptr},
};

const BlockKeyword* find_keyword(std::string_view keyword) {
  for (const BlockKeyword& entry : kBlockKeywords) {
    if (entry.keyword == keyword) return &entry;
  }
  return nullptr;
}

}  // namespace

bool is_block_keyword(std::string_view keyword) {
  return find_keyword(keyword) != nullptr;
}

std::vector<std::string> block_keywords() {
  std::vector<std::string> keywords;
  keywords.reserve(kBlockKeywords.size());
  for (const BlockKeyword& entry : kBlockKeywords) keywords.emplace_back(entry.keyword);
  return keywords;
}

void parse_instruction(const Line& line, const std::string& file, Block& block) {
  const BlockKeyword& entry = *find_keyword(line.keyword);
  with_context(source_position(file, line.number), [&] {
    if (entry.parse_edge != nullptr) return entry.parse_edge(line, block);
    block.instructions.push_back({line.number, line.keyword + " " + line.rest, entry.parse(line)});
  });
}

}  // namespace minibox::build
