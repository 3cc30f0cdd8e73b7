#include "cli/build_output.h"

#include <algorithm>
#include <utility>

#include "wire/build_report.h"

namespace minibox::cli {
namespace {

constexpr size_t kLastLines = 10;
constexpr size_t kMaxStatusLines = 8;
constexpr std::string_view kFailed = "Build failed: ";

// "[name] text" -> name and text; the name is empty for another line.
std::pair<std::string_view, std::string_view> cut_tag(std::string_view line) {
  const size_t close = line.find("] ");
  if (!line.starts_with('[') || close == std::string_view::npos) return {};
  return {line.substr(1, close - 1), line.substr(close + 2)};
}

}  // namespace

std::string BuildOutput::take(std::string_view bytes) {
  std::string out;
  unfinished_ += bytes;
  size_t start = 0;
  for (size_t end = unfinished_.find('\n'); end != std::string::npos; end = unfinished_.find('\n', start)) {
    out += take_line(unfinished_.substr(start, end - start));
    start = end + 1;
  }
  unfinished_.erase(0, start);
  return out;
}

std::string BuildOutput::finish() {
  running_.clear();
  return unfinished_.empty() ? above_status("") : take_line(std::exchange(unfinished_, {}));
}

std::string BuildOutput::take_line(const std::string& line) {
  if (line.starts_with(wire::kReportMark)) {
    report_ = line.substr(1);
    return {};
  }
  std::string before;
  if (line.starts_with(kFailed)) {
    failure_ = line.substr(kFailed.size());
    const std::string_view block = std::string_view(failure_).substr(std::min<size_t>(failure_.size(), 6));
    const Running* failed = failure_.starts_with("block ") ? find(block.substr(0, block.find(':'))) : nullptr;
    for (size_t i = 0; failed != nullptr && i < failed->last_lines.size(); ++i) before += failed->last_lines[i] + "\n";
    running_.clear();
  }
  if (!tty_) return painter_.paint(line + "\n");
  if (is_step_output(line)) return above_status("");
  return above_status(painter_.paint(before + line + "\n"));
}

BuildOutput::Running* BuildOutput::find(std::string_view name) {
  const auto found =
      std::find_if(running_.begin(), running_.end(), [&](const Running& one) { return one.name == name; });
  return found == running_.end() ? nullptr : &*found;
}

// Notes what the line says of a block; true for a line that is only shown at the bottom.
bool BuildOutput::is_step_output(const std::string& line) {
  const auto [name, text] = cut_tag(line);
  Running* running = find(name);
  if (running == nullptr && text.starts_with("START needs=")) {
    running_.push_back({std::string(name), {}});
    return true;
  }
  if (running == nullptr) return false;
  if (text.starts_with("DONE (") || text.starts_with("CACHED (")) {
    running_.erase(running_.begin() + (running - running_.data()));
    return false;
  }
  running->last_lines.push_back(line);
  if (running->last_lines.size() > kLastLines) running->last_lines.pop_front();
  return true;
}

std::string BuildOutput::above_status(const std::string& text) {
  if (!tty_) return text;
  std::string out;
  if (status_lines_ > 0) out = "\x1b[" + std::to_string(status_lines_) + "A\x1b[J";  // up, and clear what is below
  return out + text + status();
}

std::string BuildOutput::status() {
  std::string out;
  status_lines_ = std::min(running_.size(), kMaxStatusLines);
  for (size_t i = 0; i < status_lines_; ++i) {
    const Running& one = running_[i];
    const std::string line = one.last_lines.empty() ? "[" + one.name + "]" : one.last_lines.back();
    out += cut_to_width("  " + printable(line), columns_ > 1 ? columns_ - 1 : 79) + "\n";
  }
  return out;
}

}  // namespace minibox::cli
