#include "build/parser.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "build/healthcheck_parser.h"
#include "build/instruction_parser.h"
#include "build/lexer.h"
#include "build/linear_words.h"
#include "build/source_error.h"
#include "build/words.h"

namespace minibox::build {
namespace {

constexpr size_t kMaxName = 64;

bool is_block_name(std::string_view name) {
  const auto is_alnum = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const auto is_part = [&](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; };
  return !name.empty() && name.size() <= kMaxName && is_alnum(name.front()) &&
         std::all_of(name.begin(), name.end(), is_part);
}

// What people write who know Dockerfiles.
std::string_view same_in_minibox(std::string_view keyword) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWords = {
      {{"FROM", "BASE"}, {"CMD", "START"}, {"ENTRYPOINT", "START"}, {"EXPOSE", "PORT"}, {"ADD", "COPY"}}};
  const auto found =
      std::find_if(kWords.begin(), kWords.end(), [&](const auto& pair) { return pair.first == keyword; });
  return found == kWords.end() ? std::string_view() : found->second;
}

class DocumentParser;
using TopLevelMethod = void (DocumentParser::*)(const Line&);

class DocumentParser {
 public:
  explicit DocumentParser(const ParseOptions& options) : lenient_(options.lenient) { document_.file = options.file; }

  Document run(std::string_view text) {
    const std::vector<Line> lines = lex(text, document_.file);
    document_.linear = is_linear(lines);
    for (const Line& line : lines) {
      if (document_.linear) {
        take_step(line);
      } else if (line.indented) {
        take_instruction(line);
      } else {
        take_top_level(line);
      }
    }
    for (Block& block : document_.blocks) move_auto_deps_last(block);
    return std::move(document_);
  }

 private:
  struct TopLevel {
    std::string_view keyword;
    TopLevelMethod take;
  };
  static const std::array<TopLevel, 4> kTopLevel;

  Error error(const Line& line, const std::string& message, ErrorKind kind = ErrorKind::kInvalid) const {
    return source_error(document_.file, line.number, message, kind);
  }

  bool is_linear(const std::vector<Line>& lines) const {
    for (const Line& line : lines) {
      if (line.indented) continue;
      if (line.keyword == "BASE") return false;
      if (is_linear_base(line.keyword)) return true;
    }
    throw Error(ErrorKind::kInvalid, "invalid Boxfile: missing BASE or BOX directive");
  }

  void take_top_level(const Line& line) {
    for (const TopLevel& entry : kTopLevel) {
      if (entry.keyword == line.keyword) return (this->*entry.take)(line);
    }
    if (is_block_keyword(line.keyword)) {
      throw error(line, quote(line.word) + " belongs inside a block").with_hint("indent the line under a BLOCK");
    }
    pass_over(line);
  }

  void take_instruction(const Line& line) {
    const auto same = [&](const TopLevel& entry) { return entry.keyword == line.keyword; };
    if (!is_block_keyword(line.keyword)) {
      if (std::none_of(kTopLevel.begin(), kTopLevel.end(), same)) return pass_over(line);
      throw error(line, quote(line.word) + " must not be indented");
    }
    if (!in_block_) throw error(line, quote(line.word) + " stands outside any block");
    add_instruction(line);
  }

  // A line of the linear format: what makes files is a block of its own, on top of the one before, so that each step
  // has its own place in the cache; what only sets something goes with the step that follows.
  void take_step(const Line& written) {
    const Line line = in_block_words(written);
    if (line.keyword == "BASE") {
      if (!document_.base.empty()) throw error(line, "only one " + quote(written.word) + " a file");
      ++steps_;
      return take_base(line);
    }
    if (document_.base.empty()) throw error(line, quote(line.word) + " stands before the base");
    if (line.keyword == "START" || line.keyword == "HEALTHCHECK") {
      ++steps_;
      (line.keyword == "START") ? take_start(line) : take_healthcheck(line);
      if (document_.start && line.keyword == "START") document_.start->step = steps_;
      return;
    }
    const bool has_edges = line.keyword == "NEED" || line.keyword == "BNEED" || line.keyword == "BLOCK";
    if (has_edges) throw error(line, quote(line.word) + " is a word of the format that begins with BASE");
    if (!is_block_keyword(line.keyword)) return pass_over(line);
    if (!in_block_) begin_step_block(line);
    Block& block = document_.blocks.back();
    const size_t before = block.instructions.size();
    count_inherited(line);
    add_instruction(line);
    ++steps_;
    if (block.instructions.size() > before) block.instructions.back().step = steps_;
    in_block_ = !makes_files(block);
  }

  void begin_step_block(const Line& line) {
    Block block;
    block.name = "step-" + std::to_string(steps_ + 1);
    block.line = line.number;
    if (!document_.blocks.empty()) follow(document_.blocks.back(), line, block);
    add_block(line, std::move(block));
  }

  // Who writes one step after the other means every later step by ARG, SECRET and CACHE.
  void follow(const Block& before, const Line& line, Block& block) {
    block.needs.push_back({before.name, line.number});
    block.secrets = before.secrets;
    block.cache_paths = before.cache_paths;
    for (const Instruction& instruction : before.instructions) {
      if (!std::holds_alternative<ArgInstruction>(instruction.action)) continue;
      count_instruction(line);
      block.instructions.push_back(instruction);
      block.instructions.back().step = 0;  // said once
    }
  }

  // As with ENV: what a small file can make us hold is their size times the blocks.
  void count_inherited(const Line& line) {
    if (line.keyword != "ARG" && line.keyword != "SECRET" && line.keyword != "CACHE") return;
    inherited_size_ += line.rest.size();
    if (inherited_size_ > kMaxEnvSize) throw error(line, "ARG, SECRET and CACHE take more than 128 KiB");
  }

  static bool makes_files(const Block& block) {
    return std::any_of(block.instructions.begin(), block.instructions.end(), [](const Instruction& instruction) {
      return std::holds_alternative<RunInstruction>(instruction.action) ||
             std::holds_alternative<CopyInstruction>(instruction.action) ||
             std::holds_alternative<PackageInstruction>(instruction.action) ||
             std::holds_alternative<AutoDepsInstruction>(instruction.action);
    });
  }

  // Dependencies are installed once everything else is in place.
  static void move_auto_deps_last(Block& block) {
    const auto is_auto_deps = [](const Instruction& instruction) {
      return std::holds_alternative<AutoDepsInstruction>(instruction.action);
    };
    const auto found = std::find_if(block.instructions.begin(), block.instructions.end(), is_auto_deps);
    if (found == block.instructions.end()) return;
    Instruction auto_deps = std::move(*found);
    std::erase_if(block.instructions, is_auto_deps);  // once is enough
    block.instructions.push_back(std::move(auto_deps));
  }

  void count_instruction(const Line& line) {
    if (++instructions_ > kMaxInstructions) {
      throw error(line, "more than " + std::to_string(kMaxInstructions) + " instructions");
    }
  }

  void add_instruction(const Line& line) {
    count_instruction(line);
    Block& block = document_.blocks.back();
    parse_instruction(line, document_.file, block, document_.warnings);
    if (line.keyword == "ENV") count_env(line, std::get<EnvInstruction>(block.instructions.back().action));
  }

  // Every block below inherits the variables: what a small file can make us hold is their size times the blocks.
  void count_env(const Line& line, const EnvInstruction& env) {
    for (const EnvVar& variable : env.variables) env_size_ += variable.name.size() + variable.value.size();
    env_count_ += env.variables.size();
    if (env_count_ > kMaxEnvCount) throw error(line, "more than " + std::to_string(kMaxEnvCount) + " ENV variables");
    if (env_size_ > kMaxEnvSize) throw error(line, "ENV variables take more than 128 KiB");
  }

  void pass_over(const Line& line) {
    const Error why = unknown(line);
    if (!lenient_) throw why;
    document_.warnings.push_back(why.text() + "; the line is ignored");
  }

  Error unknown(const Line& line) const {
    std::vector<std::string> known = document_.linear ? linear_words() : block_keywords();
    for (const TopLevel& entry : kTopLevel) known.emplace_back(entry.keyword);
    const std::string_view ours = same_in_minibox(line.keyword);
    const std::string guess = ours.empty() ? nearest(line.keyword, known) : std::string(ours);
    return error(line, "unknown instruction " + quote(line.word) +
                           (guess.empty() ? "" : ", did you mean " + quote(guess) + "?"));
  }

  void take_base(const Line& line) {
    in_block_ = false;
    const std::vector<std::string> words = split_words(line.rest);
    if (words.empty()) throw error(line, "BASE requires an image argument");
    if (words.size() > 1) {
      Error wrong = error(line, line.word + " takes one image, not " + quote(line.rest));
      if (words.size() == 3 && to_lower(words[1]) == "as")
        wrong.with_hint("stages are blocks: BASE " + words[0] + ", BLOCK " + words[2] +
                        ", and COPY FROM= in another block");
      throw wrong;
    }
    document_.base = words.front();
    document_.base_line = line.number;
  }

  void take_block(const Line& line) {
    if (line.rest.empty()) throw error(line, "BLOCK requires a name");
    if (!is_block_name(line.rest)) {
      throw error(line, "invalid block name " + quote(line.rest))
          .with_hint("a name is a letter or digit, then letters, digits, '.', '_' or '-', 64 at most");
    }
    for (const Block& block : document_.blocks) {
      if (block.name != line.rest) continue;
      throw error(line, "block " + quote(line.rest) + " is already defined at line " + std::to_string(block.line));
    }
    Block block;
    block.name = line.rest;
    block.line = line.number;
    add_block(line, std::move(block));
  }

  void add_block(const Line& line, Block block) {
    if (document_.blocks.size() == kMaxBlocks) {
      throw error(line, "more than " + std::to_string(kMaxBlocks) + " blocks");
    }
    document_.blocks.push_back(std::move(block));
    in_block_ = true;
  }

  void take_start(const Line& line) {
    in_block_ = false;
    document_.start = with_context(source_position(document_.file, line.number),
                                   [&] { return Start{command_words(line, line.rest), line.number, 0}; });
    warn_of_shell(line);
  }

  // Docker gives such a line to /bin/sh. Behind "sh -c" stands a script, in a JSON array every word is meant so.
  void warn_of_shell(const Line& line) {
    const std::vector<std::string>& argv = document_.start->argv;
    if (line.rest.starts_with('[') || std::find(argv.begin(), argv.end(), "-c") != argv.end()) return;
    std::optional<std::string> meant = shell_operator(line.rest);
    if (!meant) meant = first_variable(line.rest);
    if (!meant) return;
    document_.warnings.push_back(source_position(document_.file, line.number) + ": " + quote(*meant) +
                                 " is a word for the program, no shell reads " + line.word + "; " + line.word +
                                 " sh -c '...' has one");
  }

  void take_healthcheck(const Line& line) {
    in_block_ = false;
    document_.healthcheck =
        with_context(source_position(document_.file, line.number), [&] { return parse_healthcheck(line); });
  }

  const bool lenient_;
  Document document_;
  bool in_block_ = false;
  int steps_ = 0;  // of the linear format
  size_t instructions_ = 0;
  size_t env_count_ = 0;
  size_t env_size_ = 0;
  size_t inherited_size_ = 0;  // of the linear format
};

const std::array<DocumentParser::TopLevel, 4> DocumentParser::kTopLevel = {{
    {"BASE", &DocumentParser::take_base},
    {"BLOCK", &DocumentParser::take_block},
    {"START", &DocumentParser::take_start},
    {"HEALTHCHECK", &DocumentParser::take_healthcheck},
}};

}  // namespace

Document parse_document(std::string_view text, const ParseOptions& options) {
  return DocumentParser(options).run(text);
}

Document parse_document(std::string_view text, const std::string& file) {
  return parse_document(text, ParseOptions{file, false});
}

}  // namespace minibox::build
