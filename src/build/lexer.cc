#include "build/lexer.h"

#include <algorithm>

#include "base/text.h"
#include "build/source_error.h"

namespace minibox::build {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_comment(std::string_view line) {
  const std::string_view content = trim(line);
  return !content.empty() && content.front() == '#';
}

// Removes the '\' of a line that goes on and tells whether there was one. "\\\\" at the end is an escaped backslash.
bool take_continuation(std::string& line) {
  const size_t last = line.find_last_not_of('\\');
  const size_t backslashes = line.size() - (last == std::string::npos ? 0 : last + 1);
  if (backslashes % 2 == 0) return false;
  line.pop_back();
  return true;
}

std::string upper(std::string_view word) {
  std::string text(word);
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

bool takes_heredocs(std::string_view keyword) {
  return keyword == "RUN" || keyword == "COPY" || keyword == "RUN-COMMAND" || keyword == "IMPORT-FILE";
}

class Lexer {
 public:
  Lexer(std::string_view text, const std::string& file) : physical_(split(text, '\n')), file_(file) {
    if (physical_.back().empty()) physical_.pop_back();  // what follows the last line feed is no line
  }

  std::vector<Line> run() {
    std::vector<Line> lines;
    while (next_ < physical_.size()) {
      const int number = static_cast<int>(next_) + 1;
      const std::string text = take_logical();
      if (trim(text).empty() || is_comment(text)) continue;
      lines.push_back(cut(text, number));
      if (takes_heredocs(lines.back().keyword)) take_heredocs(lines.back());
    }
    return lines;
  }

 private:
  std::string take_physical() {
    std::string line = take_raw();
    line.erase(line.find_last_not_of(" \t\r") + 1);
    return line;
  }

  std::string take_raw() {
    const int number = static_cast<int>(next_) + 1;
    std::string line = physical_[next_++];
    if (line.size() > kMaxLineSize) throw source_error(file_, number, "line is longer than 64 KiB");
    if (line.find('\0') != std::string::npos) throw source_error(file_, number, "line holds a NUL byte");
    if (!is_utf8(line)) throw source_error(file_, number, "line is not valid UTF-8");
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }

  void take_heredocs(Line& line) {
    for (const HeredocMarker& marker : heredoc_markers(line.rest)) {
      std::vector<std::string> lines;
      for (;;) {
        if (next_ >= physical_.size()) {
          throw source_error(file_, line.number, "no line " + quote(marker.word) + " ends the here-document");
        }
        lines.push_back(take_raw());
        if (trim(lines.back()) == marker.word) break;
      }
      const std::string indent = lines.back().substr(0, lines.back().find_first_not_of(" \t"));
      lines.pop_back();
      Heredoc heredoc{marker.word, {}};
      for (const std::string& text : lines) heredoc.text.append(without_indent(text, indent)).append("\n");
      line.heredocs.push_back(std::move(heredoc));
    }
  }

  std::string take_logical() {
    const int number = static_cast<int>(next_) + 1;
    std::string text = take_physical();
    if (is_comment(text)) return text;
    while (take_continuation(text)) {
      while (next_ < physical_.size() && is_comment(physical_[next_])) ++next_;
      if (next_ >= physical_.size()) throw source_error(file_, number, "the file ends after a '\\'");
      text += take_physical();
      if (text.size() > kMaxLineSize) throw source_error(file_, number, "line is longer than 64 KiB");
    }
    return text;
  }

  static Line cut(const std::string& text, int number) {
    const std::string_view content = trim(text);
    const size_t end = std::min(content.find_first_of(" \t"), content.size());
    Line line;
    line.number = number;
    line.indented = is_blank(text.front());
    line.word = content.substr(0, end);
    line.keyword = upper(line.word);
    line.rest = trim(content.substr(end));
    return line;
  }

  std::vector<std::string> physical_;
  const std::string& file_;
  size_t next_ = 0;
};

}  // namespace

std::vector<Line> lex(std::string_view text, const std::string& file) {
  if (text.size() > kMaxFileSize) throw Error(ErrorKind::kInvalid, file + ": larger than 1 MiB");
  if (static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) > kMaxLines) {
    throw Error(ErrorKind::kInvalid, file + ": more than " + std::to_string(kMaxLines) + " lines");
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return Lexer(text, file).run();
}

}  // namespace minibox::build
