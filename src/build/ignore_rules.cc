#include "build/ignore_rules.h"

#include <algorithm>

#include "base/text.h"
#include "build/wildcard.h"

namespace minibox::build {
namespace {

constexpr std::string_view kAnyDirectories = "**";

// "[a-z]" or "[!abc]" at the beginning of `pattern`: its length, 0 when it is none, and whether it has `c`.
struct ClassMatch {
  size_t length = 0;
  bool matches = false;
};

ClassMatch match_class(std::string_view pattern, char c) {
  size_t at = 1;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  bool found = false;
  for (bool first = true; at < pattern.size() && (first || pattern[at] != ']'); first = false) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    const char low = pattern[at++];
    char high = low;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      high = pattern[at + 1];
      at += 2;
    }
    found |= static_cast<unsigned char>(low) <= static_cast<unsigned char>(c) &&
             static_cast<unsigned char>(c) <= static_cast<unsigned char>(high);
  }
  if (at >= pattern.size()) return {};
  return {at + 1, found != negated};
}

// How much of the pattern stands for the one character `c`; 0 when it does not match.
size_t match_one(std::string_view pattern, char c) {
  if (pattern.empty()) return 0;
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[') {
    const ClassMatch match = match_class(pattern, c);
    if (match.length > 0) return match.matches ? match.length : 0;
  }
  if (pattern[0] == '\\' && pattern.size() > 1) return pattern[1] == c ? 2 : 0;
  return pattern[0] == c ? 1 : 0;
}

// One name against one part of a pattern.
bool matches_name(std::string_view pattern, std::string_view name) {
  const auto is_star = [&](size_t p) { return pattern[p] == '*'; };
  const auto match = [&](size_t p, size_t n) { return match_one(pattern.substr(p), name[n]); };
  const auto end = match_wildcards({pattern.size(), name.size()}, is_star, match, [](size_t) { return true; });
  return end && pattern.find_first_not_of('*', *end) == std::string_view::npos;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string_view without_trailing_blanks(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
    const bool escaped = line.size() > 1 && line[line.size() - 2] == '\\' && line.back() == ' ';
    if (escaped) break;
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

IgnoreRules IgnoreRules::parse(std::string_view text) {
  IgnoreRules rules;
  for (const std::string& raw : split(text, '\n')) {
    std::string_view line = without_trailing_blanks(raw);
    if (line.empty() || line.front() == '#') continue;
    Rule rule;
    rule.negated = line.front() == '!';
    if (rule.negated) line.remove_prefix(1);
    rule.directories_only = line.ends_with('/');
    while (line.ends_with('/')) line.remove_suffix(1);
    const bool from_root = line.find('/') != std::string_view::npos;
    if (line.starts_with("./")) line.remove_prefix(2);
    if (!from_root) rule.parts.emplace_back(kAnyDirectories);
    for (const std::string_view part : parts_of(line)) rule.parts.emplace_back(part);
    if (rule.parts.empty() || (!from_root && rule.parts.size() == 1)) continue;
    rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

// "**" at the end needs something below, so the whole pattern must be used up when the path ends.
bool IgnoreRules::matches(const Rule& rule, const std::vector<std::string_view>& path) {
  const std::vector<std::string>& parts = rule.parts;
  const auto is_star = [&](size_t p) { return parts[p] == kAnyDirectories; };
  const auto match = [&](size_t p, size_t n) -> size_t { return matches_name(parts[p], path[n]) ? 1 : 0; };
  return match_wildcards({parts.size(), path.size()}, is_star, match, [](size_t) { return true; }) == parts.size();
}

bool IgnoreRules::ignores(std::string_view path, bool is_directory) const {
  if (rules_.empty()) return false;
  const std::vector<std::string_view> parts = parts_of(path);
  bool ignored = false;
  for (const Rule& rule : rules_) {
    if (rule.negated != ignored || (rule.directories_only && !is_directory)) continue;  // it would change nothing
    if (matches(rule, parts)) ignored = !rule.negated;
  }
  return ignored;
}

bool IgnoreRules::ignores_with_parents(std::string_view path, bool is_directory) const {
  for (size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
    if (ignores(path.substr(0, end), true)) return true;
  }
  return ignores(path, is_directory);
}

}  // namespace minibox::build
