#include "build/instruction_parser.h"

#include <algorithm>
#include <array>

#include "base/cache_path.h"
#include "base/path.h"
#include "base/text.h"
#include "build/glob.h"
#include "build/packages.h"
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
  constexpr size_t kMaxArgument = 128u << 10;  // MAX_ARG_STRLEN, execve(2); with the null at the end
  if (command.size() >= kMaxArgument) {
    throw invalid("the command of RUN has " + std::to_string(command.size()) + " bytes, the kernel takes at most " +
                  std::to_string(kMaxArgument - 1))
        .with_hint("COPY it as a file, and RUN that");
  }
  return RunInstruction{{"/bin/sh", "-c", command}};
}

// RUN <<EOF: the text is the script. With anything else on the line the shell reads the here-document itself.
Action script_command(const Line& line) {
  const std::vector<HeredocMarker> markers = heredoc_markers(line.rest);
  const Heredoc& first = line.heredocs.front();
  if (markers.size() == 1 && markers[0].begin == 0 && markers[0].end == line.rest.size()) {
    if (first.text.starts_with("#!")) {
      throw Error(ErrorKind::kUnsupported, "a script of RUN is for /bin/sh, not " + quote(split(first.text, '\n')[0]))
          .with_hint("name the program: RUN python3 - <<" + first.word);
    }
    if (trim(first.text).empty()) throw invalid("RUN requires a command");
    return shell_command(first.text);
  }
  std::string command = line.rest + "\n";
  for (const Heredoc& heredoc : line.heredocs) command += heredoc.text + heredoc.word + "\n";
  return shell_command(command);
}

Action parse_run(const Line& line) {
  if (line.rest.empty()) throw invalid("RUN requires a command");
  if (line.rest.starts_with("--")) {
    throw invalid("unknown option " + quote(line.rest.substr(0, line.rest.find_first_of(" \t"))) + " of RUN")
        .with_hint("caches and secrets of a step are instructions of their block: CACHE path, SECRET name");
  }
  if (!line.heredocs.empty()) return script_command(line);
  // A line that only looks like JSON ("[ -f x ] || exit 1") is a shell command.
  if (std::optional<std::vector<std::string>> argv = json_words(line.rest)) return RunInstruction{std::move(*argv)};
  return shell_command(line.rest);
}

// COPY <<EOF /x: a file called EOF unless the destination names it.
void take_inline_files(const Line& line, std::vector<std::string>& words, CopyInstruction& copy) {
  if (line.heredocs.empty()) return;
  if (!copy.from_block.empty()) throw invalid("COPY FROM= takes no here-document");
  std::erase_if(words, [](const std::string& word) { return word.starts_with("<<"); });
  for (const Heredoc& heredoc : line.heredocs) copy.files.push_back({heredoc.word, heredoc.text});
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
  take_inline_files(line, words, copy);
  copy.sources = std::move(words);
  const bool has_pattern = std::any_of(copy.sources.begin(), copy.sources.end(), has_wildcard);
  if (has_pattern && !copy.from_block.empty()) {
    throw Error(ErrorKind::kUnsupported, "COPY FROM= takes no wildcards").with_hint("copy the directory they are in");
  }
  if (copy.sources.size() + copy.files.size() > 1 && !copy.destination.ends_with('/')) {
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

Action parse_package(const Line& line) {
  PackageInstruction package{parse_packages(line.rest)};
  if (package.packages.empty()) throw invalid("PKG requires a package name");
  return package;
}

Action parse_auto_deps(const Line& line) {
  if (!line.rest.empty()) throw invalid("AUTO-DEPS takes no argument, not " + quote(line.rest));
  return AutoDepsInstruction{};
}

bool is_variable_name(std::string_view name) {
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && !is_digits(name.substr(0, 1)) && std::all_of(name.begin(), name.end(), is_part);
}

// ARG NAME, or ARG NAME=DEFAULT.
Action parse_arg(const Line& line) {
  const std::string word = one_word(line, "a name");
  const size_t equals = word.find('=');
  ArgInstruction arg{word.substr(0, equals), std::nullopt};
  if (equals != std::string::npos) arg.value = word.substr(equals + 1);
  if (!is_variable_name(arg.name)) throw invalid("invalid name " + quote(arg.name) + " of ARG");
  return arg;
}

void parse_base(const Line& line, Block& block) {
  if (block.base) throw invalid("the block has a BASE already at line " + std::to_string(block.base->line));
  block.base = BaseReference{one_word(line, "an image argument"), line.number};
}

// They become names of files, and come from the client by the same names.
void parse_secret(const Line& line, Block& block) {
  const std::vector<std::string> names = shell_words(line.rest);
  if (names.empty()) throw invalid("SECRET requires a name");
  for (const std::string& name : names) {
    if (!is_secret_name(name)) {
      throw invalid("invalid secret name " + quote(name))
          .with_hint("a name is letters, digits, '.', '_' or '-', 64 at most, and does not begin with '.'");
    }
    block.secrets.push_back(name);
  }
}

void parse_cache(const Line& line, Block& block) {
  const std::vector<std::string> paths = argument_words(line.rest);
  if (paths.empty()) throw invalid("CACHE requires a path");
  for (const std::string& path : paths) block.cache_paths.push_back(checked_cache_path(path));
}

// Nothing is expanded where Docker would.
void warn_of_variables(const Line& line, const std::string& file, std::vector<std::string>& warnings) {
  constexpr std::array kElsewhere = {"ENV", "ARG", "WORKDIR", "USER", "COPY"};
  if (std::find(kElsewhere.begin(), kElsewhere.end(), line.keyword) == kElsewhere.end()) return;
  if (const std::optional<std::string> variable = first_variable(line.rest)) {
    warnings.push_back(source_position(file, line.number) + ": " + quote(*variable) + " is not expanded in " +
                       line.keyword + ", it is taken as it is written");
  }
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
    BlockKeyword{"AUTO-DEPS", parse_auto_deps, nullptr},
    BlockKeyword{"ARG", parse_arg, nullptr},
    BlockKeyword{"BASE", nullptr, parse_base},
    BlockKeyword{"SECRET", nullptr, parse_secret},
    BlockKeyword{"CACHE", nullptr, parse_cache},
};

const BlockKeyword* find_keyword(std::string_view keyword) {
  for (const BlockKeyword& entry : kBlockKeywords) {
    if (entry.keyword == keyword) return &entry;
  }
  return nullptr;
}

}  // namespace

bool is_secret_name(std::string_view name) {
  constexpr size_t kMaxName = 64;
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_part);
}

bool is_block_keyword(std::string_view keyword) {
  return find_keyword(keyword) != nullptr;
}

std::vector<std::string> block_keywords() {
  std::vector<std::string> keywords;
  keywords.reserve(kBlockKeywords.size());
  for (const BlockKeyword& entry : kBlockKeywords) keywords.emplace_back(entry.keyword);
  return keywords;
}

void parse_instruction(const Line& line, const std::string& file, Block& block, std::vector<std::string>& warnings) {
  const BlockKeyword& entry = *find_keyword(line.keyword);
  with_context(source_position(file, line.number), [&] {
    if (entry.parse_edge != nullptr) return entry.parse_edge(line, block);
    const std::string text = line.keyword + (line.rest.empty() ? "" : " " + line.rest);
    block.instructions.push_back({line.number, text, entry.parse(line)});
  });
  warn_of_variables(line, file, warnings);
}

}  // namespace minibox::build
