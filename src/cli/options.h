// A command's options, declared in a table: names, value, help line. Our own and not CLI11, because building a CLI11
// App of run's size costs 150 us of a start that should take 2500 (docs/decisions/0006-own-option-table.md).
//
// Grammar: -d, -dt (flags joined), -d=false, -n VALUE, -nVALUE, -n=VALUE, --name VALUE, --name=VALUE, "--" ends the
// options, -h and --help print the help. What does not fit is Error kInvalid with exit code 2.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace minibox::cli {

[[noreturn]] void usage_error(const std::string& command, const std::string& message);

class Options {
 public:
  static constexpr size_t kAny = static_cast<size_t>(-1);
  enum class Words { kAnywhere, kEndOptions };  // kEndOptions: the first word ends the options, as in run

  // usage: "run [OPTIONS] IMAGE [COMMAND...]"; its first word is the command's name.
  Options(std::string usage, std::string summary, Words words = Words::kAnywhere);

  Options& flag(std::string names, bool& out, std::string help);  // names: "-d,--detach"
  Options& text(std::string names, std::string metavar, std::string& out, std::string help);
  Options& list(std::string names, std::string metavar, std::vector<std::string>& out, std::string help);
  Options& number(std::string names, std::string metavar, std::int64_t& out, std::int64_t min, std::int64_t max,
                  std::string help);
  // One of `values`, and nothing else.
  Options& choice(std::string names, std::string metavar, std::vector<std::string> values, std::string& out,
                  std::string help);
  // What `set` throws as kInvalid is a wrong use of the option.
  using Setter = std::function<void(const std::string& value)>;
  Options& custom(std::string names, std::string metavar, Setter set, std::string help);

  // False when help was asked for and printed. There must be `min_words` to
  // `max_words` words.
  bool parse(const std::vector<std::string>& args, size_t min_words, size_t max_words);
  const std::vector<std::string>& words() const { return words_; }
  std::string help() const;
  [[noreturn]] void refuse(const std::string& message) const;

 private:
  struct Option {
    std::string names;
    std::string metavar;  // empty: a flag
    Setter set;
    std::string help;
  };
  const Option& find(const std::string& name) const;
  void set(const Option& option, const std::string& value) const;
  size_t parse_long(const std::vector<std::string>& args, size_t at);
  size_t parse_short(const std::vector<std::string>& args, size_t at);

  std::string usage_;
  std::string summary_;
  Words mode_;
  std::vector<Option> options_;
  std::vector<std::string> words_;
};

}  // namespace minibox::cli
