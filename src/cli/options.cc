#include "cli/options.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/terminal.h"

namespace minibox::cli {
namespace {

bool has_name(const std::string& names, const std::string& name) {
  const std::vector<std::string> all = split(names, ',');
  return std::find(all.begin(), all.end(), name) != all.end();
}

}  // namespace

void usage_error(const std::string& command, const std::string& message) {
  throw Error(ErrorKind::kInvalid, message)
      .with_exit_code(2)
      .with_hint("see: minibox " + (command.empty() ? "help" : command + " --help"));
}

Options::Options(std::string usage, std::string summary, Words words)
    : usage_(std::move(usage)), summary_(std::move(summary)), mode_(words) {}

void Options::refuse(const std::string& message) const {
  usage_error(usage_.substr(0, usage_.find(' ')), message);
}

Options& Options::custom(std::string names, std::string metavar, Setter set, std::string help) {
  options_.push_back({std::move(names), std::move(metavar), std::move(set), std::move(help)});
  return *this;
}

Options& Options::flag(std::string names, bool& out, std::string help) {
  const Setter set = [command = usage_.substr(0, usage_.find(' ')), names, &out](const std::string& value) {
    if (value.empty() || value == "true" || value == "1") {
      out = true;
    } else if (value == "false" || value == "0") {
      out = false;
    } else {
      usage_error(command, names + " is given alone, or with =true or =false, not " + quote(value));
    }
  };
  return custom(std::move(names), "", set, std::move(help));
}

Options& Options::text(std::string names, std::string metavar, std::string& out, std::string help) {
  return custom(
      std::move(names), std::move(metavar), [&out](const std::string& value) { out = value; }, std::move(help));
}

Options& Options::list(std::string names, std::string metavar, std::vector<std::string>& out, std::string help) {
  return custom(
      std::move(names), std::move(metavar), [&out](const std::string& value) { out.push_back(value); },
      std::move(help));
}

Options& Options::choice(std::string names, std::string metavar, std::vector<std::string> values, std::string& out,
                         std::string help) {
  const Setter set = [names, values = std::move(values), &out](const std::string& value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) {
      const std::vector<std::string> first(values.begin(), values.end() - 1);
      throw Error(ErrorKind::kInvalid,
                  names + " must be " + join(first, ", ") + " or " + values.back() + ", not " + quote(value));
    }
    out = value;
  };
  return custom(std::move(names), std::move(metavar), set, std::move(help));
}

Options& Options::number(std::string names, std::string metavar, std::int64_t& out, std::int64_t min, std::int64_t max,
                         std::string help) {
  const Setter set = [command = usage_.substr(0, usage_.find(' ')), names, &out, min, max](const std::string& value) {
    const auto number = parse_int(value, min, max);
    if (!number) {
      usage_error(command, names + " needs a whole number from " + std::to_string(min) + " to " + std::to_string(max) +
                               ", not " + quote(value));
    }
    out = *number;
  };
  return custom(std::move(names), std::move(metavar), set, std::move(help));
}

const Options::Option& Options::find(const std::string& name) const {
  std::vector<std::string> known;
  for (const Option& option : options_) {
    if (has_name(option.names, name)) return option;
    for (const std::string& one : split(option.names, ',')) known.push_back(one);
  }
  const std::string near = name.size() > 2 ? nearest(name, known) : std::string();
  refuse("unknown option " + quote(name) + (near.empty() ? "" : "; did you mean " + quote(near) + "?"));
}

void Options::set(const Option& option, const std::string& value) const {
  try {
    option.set(value);
  } catch (Error& error) {
    if (error.kind() != ErrorKind::kInvalid) throw;
    if (error.hint().empty()) error.with_hint("see: minibox " + usage_.substr(0, usage_.find(' ')) + " --help");
    error.with_exit_code(2);
    throw;
  }
}

size_t Options::parse_long(const std::vector<std::string>& args, size_t at) {
  const size_t equals = args[at].find('=');
  const std::string name = args[at].substr(0, equals);
  const Option& option = find(name);
  if (equals != std::string::npos) {
    if (option.metavar.empty() && equals + 1 == args[at].size()) refuse(name + "= needs true or false");
    set(option, args[at].substr(equals + 1));
    return at;
  }
  if (option.metavar.empty()) {
    set(option, "");
    return at;
  }
  if (at + 1 == args.size()) refuse(name + " needs a value: " + option.metavar);
  set(option, args[at + 1]);
  return at + 1;
}

size_t Options::parse_short(const std::vector<std::string>& args, size_t at) {
  const std::string& arg = args[at];
  for (size_t i = 1; i < arg.size(); ++i) {
    const std::string name = {'-', arg[i]};
    const Option& option = find(name);
    const bool has_equals = i + 1 < arg.size() && arg[i + 1] == '=';
    if (option.metavar.empty() && !has_equals) {
      set(option, "");
      continue;
    }
    if (option.metavar.empty() && i + 2 == arg.size()) refuse(name + "= needs true or false");
    if (i + 1 < arg.size()) {
      set(option, arg.substr(i + (has_equals ? 2 : 1)));
      return at;
    }
    if (at + 1 == args.size()) refuse(name + " needs a value: " + option.metavar);
    set(option, args[at + 1]);
    return at + 1;
  }
  return at;
}

bool Options::parse(const std::vector<std::string>& args, size_t min_words, size_t max_words) {
  size_t at = 0;
  for (; at < args.size(); ++at) {
    const std::string& arg = args[at];
    if (arg == "--help" || arg == "-h") {
      write_out(help());
      return false;
    }
    if (arg == "--") {
      ++at;
      break;
    }
    if (arg.size() < 2 || arg.front() != '-') {
      if (mode_ == Words::kEndOptions) break;
      words_.push_back(arg);
      continue;
    }
    at = arg[1] == '-' ? parse_long(args, at) : parse_short(args, at);
  }
  for (; at < args.size(); ++at) words_.push_back(args[at]);
  if (words_.size() < min_words) refuse("too few arguments; usage: minibox " + usage_);
  if (words_.size() > max_words) refuse("unexpected argument " + quote(words_[max_words]));
  return true;
}

std::string Options::help() const {
  std::string text = "usage: minibox " + usage_ + "\n\n" + summary_ + "\n";
  if (options_.empty()) return text;
  size_t width = 0;
  std::vector<std::string> left;
  for (const Option& option : options_) {
    std::string names = join(split(option.names, ','), ", ");
    if (names.size() > 1 && names[1] == '-') names.insert(0, "    ");
    if (!option.metavar.empty()) names += " " + option.metavar;
    width = std::max(width, names.size());
    left.push_back(std::move(names));
  }
  text += "\noptions:\n";
  for (size_t i = 0; i < left.size(); ++i) {
    text += "  " + left[i] + std::string(width - left[i].size() + 2, ' ') + options_[i].help + "\n";
  }
  return text;
}

}  // namespace minibox::cli
