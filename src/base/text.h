// Small pure functions on text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minibox {

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);  // keeps empty parts
std::vector<std::string> split_words(std::string_view text);            // on blanks and tabs, drops empty parts
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_lower(std::string_view text);
bool is_digits(std::string_view text);  // not empty, 0-9 only
bool is_utf8(std::string_view text);

// "host", "host:port", "[v6]" or "[v6]:port" cut at the port's colon; the host keeps its brackets. Checks neither part.
struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;  // "" when there is a colon and nothing behind it
};
HostPort split_host_port(std::string_view text);

// Whole text must be a decimal number in [min, max]; anything else is absence.
std::optional<std::int64_t> parse_int(std::string_view text, std::int64_t min, std::int64_t max);

// User text for a message: in single quotes, control characters escaped, cut at 200 bytes.
std::string quote(std::string_view text);

// The candidate nearest to `word` (edit distance at most 2), or empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace minibox
