#include "build/log.h"

#include <algorithm>

namespace minibox::build {
namespace {

constexpr size_t kMaxLine = 16u << 10;  // a longer line is cut into several

bool has_prefix(std::string_view line) {
  const size_t close = line.find("] ");
  if (!line.starts_with('[') || close == std::string_view::npos || close == 1) return false;
  return line.substr(1, close - 1).find_first_of(" \t[") == std::string_view::npos;
}

}  // namespace

void StepOutput::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t room = kMaxLine - pending_.size();
    const size_t feed = bytes.find('\n');
    const size_t length = std::min({feed, room, bytes.size()});
    pending_ += bytes.substr(0, length);
    const bool ends = length == feed;
    bytes.remove_prefix(ends ? length + 1 : length);
    if (ends || pending_.size() == kMaxLine) finish_line();
  }
}

void StepOutput::finish() {
  if (!pending_.empty()) finish_line();
}

void StepOutput::finish_line() {
  if (pending_.ends_with('\r')) pending_.pop_back();
  const std::string line = has_prefix(pending_) ? pending_ : prefix_ + pending_;
  pending_.clear();
  sink_(line);
}

}  // namespace minibox::build
