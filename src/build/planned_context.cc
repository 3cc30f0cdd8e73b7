#include "build/planned_context.h"

#include "base/error.h"
#include "build/hasher.h"

namespace minibox::build {

std::string PlannedContext::digest(const std::string& source, const std::stop_token& stop) {
  if (!paths_.contains(source)) paths_[source] = context_.expand(source);
  Hasher hasher;
  ContentBudget budget(max_bytes_);
  for (const std::string& path : paths(source)) {
    hasher.field(path).field(digest_tree(context_.source(path), record_, budget, cache_, stop));
  }
  return hasher.hex();
}

std::map<std::string, std::string> PlannedContext::values(const std::string& source, size_t limit) const {
  std::map<std::string, std::string> values;
  if (record_.entries.size() > limit) return values;
  for (const std::string& path : paths(source)) {
    const std::string real = context_.source(path).path;
    record_.entries.each([&](const std::string& entry, const TreeValue& value) {
      const bool below = real.empty() || entry == real ||
                         (entry.size() > real.size() && entry.starts_with(real) && entry[real.size()] == '/');
      if (below) values[entry.empty() ? "." : entry] = print_value(value);
    });
  }
  return values;
}

TreeSource PlannedContext::source(const std::string& path) const {
  try {
    TreeSource source = context_.source(path);
    source.planned = &record_;
    return source;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) throw changed_while_built(path);  // it was there for the digest
    throw;
  }
}

}  // namespace minibox::build
