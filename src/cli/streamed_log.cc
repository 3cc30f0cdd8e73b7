#include "cli/streamed_log.h"

namespace minibox::cli {
namespace {

constexpr size_t kMaxTail = 64u << 10;

}  // namespace

void StreamedLog::add(std::string_view bytes) {
  write_(painter_.paint(bytes));
  tail_.append(bytes);
  if (tail_.size() > 2 * kMaxTail) tail_.erase(0, tail_.size() - kMaxTail);
}

void StreamedLog::finish() {
  write_(painter_.rest());
}

std::string StreamedLog::reason() const {
  const size_t begin = tail_.rfind(failed_);
  if (begin == std::string::npos) return {};
  const size_t from = begin + failed_.size();
  return ": " + tail_.substr(from, tail_.find('\n', from) - from);
}

}  // namespace minibox::cli
