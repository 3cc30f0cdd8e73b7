#include "api/file_response.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "sys/file.h"

namespace minibox::api {
namespace {

struct Range {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;  // without `first`: how many bytes from the end
};

// Empty: not one range of bytes.
std::optional<Range> parse_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes=";
  if (to_lower(text.substr(0, kUnit.size())) != kUnit) return std::nullopt;
  text = trim(text.substr(kUnit.size()));
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    if (!is_digits(digits)) return std::nullopt;
    return parse_int(digits, 0, std::numeric_limits<std::int64_t>::max());
  };
  const std::string_view first = text.substr(0, dash);
  const std::string_view last = text.substr(dash + 1);
  const Range range{number(first), number(last)};
  const bool well_formed = (first.empty() || range.first) && (last.empty() || range.last) &&
                           (range.first || range.last) && !(range.first && range.last && *range.first > *range.last);
  return well_formed ? std::optional(range) : std::nullopt;
}

}  // namespace

Response file_response(const Request& request, sys::Fd file) {
  const std::uint64_t size = sys::file_size(file);
  Response response;
  response.headers.emplace_back("Accept-Ranges", "bytes");
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  if (const auto range = parse_range(request.header("range"))) {
    if (range->first) {
      begin = *range->first;
      if (range->last && *range->last < size) end = *range->last + 1;
    } else {
      begin = size - std::min(size, *range->last);
    }
    response.status = begin < end ? 206 : 416;
    response.headers.emplace_back("Content-Range", begin < end
                                                       ? "bytes " + std::to_string(begin) + "-" +
                                                             std::to_string(end - 1) + "/" + std::to_string(size)
                                                       : "bytes */" + std::to_string(size));
    if (begin >= end) return response;
  }
  response.file.emplace(FileBody{std::move(file), begin, end - begin});
  return response;
}

}  // namespace minibox::api
