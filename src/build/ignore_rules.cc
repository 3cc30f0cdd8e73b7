#include "build/ignore_rules.h"

#include "base/text.h"
#include "build/glob.h"

namespace minibox::build {
namespace {

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

IgnoreRules IgnoreRules::parse(std::string_view text) {
  IgnoreRules rules;
  for (const std::string& raw : split(text, '\n')) {
    std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    Rule rule;
    rule.negated = line.front() == '!';
    if (rule.negated) line.remove_prefix(1);
    const bool any_depth = line.starts_with("**/");
    if (any_depth) line.remove_prefix(3);
    const bool from_root = line.starts_with('/') || line.starts_with("./");
    if (from_root) line.remove_prefix(line.find('/') + 1);
    while (line.ends_with('/')) line.remove_suffix(1);
    if (line.empty()) continue;
    rule.pattern = line;
    rule.whole_path = from_root || line.find('/') != std::string_view::npos;
    rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

bool IgnoreRules::ignores(std::string_view path) const {
  bool ignored = false;
  for (const Rule& rule : rules_) {
    if (rule.negated != ignored) continue;  // it would change nothing
    if (matches_glob(rule.pattern, rule.whole_path ? path : base_name(path))) ignored = !rule.negated;
  }
  return ignored;
}

bool IgnoreRules::ignores_with_parents(std::string_view path) const {
  for (size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
    if (ignores(path.substr(0, end))) return true;
  }
  return ignores(path);
}

}  // namespace minibox::build
