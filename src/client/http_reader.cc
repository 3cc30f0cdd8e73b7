#include "client/http_reader.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "wire/error_body.h"

namespace minibox::client {
namespace {

constexpr size_t kMaxHead = 64 * 1024;
constexpr size_t kMaxLine = 8 * 1024;
constexpr size_t kMaxWholeBody = 64u << 20;

[[noreturn]] void malformed(const std::string& why) {
  throw Error(ErrorKind::kUnavailable, "what answers is no MiniBox daemon: " + why);
}

void add_header(std::string_view line, std::map<std::string, std::string>& headers) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) malformed("header line " + quote(line));
  headers[to_lower(line.substr(0, colon))] = std::string(trim(line.substr(colon + 1)));
}

std::uint64_t parse_size(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) malformed("length " + quote(text));
  return value;
}

}  // namespace

std::string ResponseHead::header(const std::string& lower_name) const {
  const auto it = headers.find(lower_name);
  return it == headers.end() ? std::string() : it->second;
}

ResponseHead parse_response_head(std::string_view head) {
  ResponseHead result;
  const std::string_view status_line = head.substr(0, head.find("\r\n"));
  const auto code = parse_int(status_line.size() >= 12 ? status_line.substr(9, 3) : std::string_view(), 100, 599);
  if (status_line.substr(0, 7) != "HTTP/1." || !code) malformed("status line " + quote(status_line));
  result.status = static_cast<int>(*code);
  for (size_t start = status_line.size(); start < head.size();) {
    start += 2;
    const size_t end = std::min(head.find("\r\n", start), head.size());
    if (end > start) add_header(head.substr(start, end - start), result.headers);
    start = end;
  }
  return result;
}

void HttpReader::cut_off() const {
  const std::string told = head_.header("x-minibox-error");
  if (!told.empty()) throw wire::parse_error(told, ErrorKind::kInternal);
  throw Error(ErrorKind::kUnavailable, "the daemon closed the connection in the middle of its answer");
}

bool HttpReader::fill() {
  constexpr size_t kStep = 16 * 1024;
  const size_t before = buffer_.size();
  buffer_.resize(before + kStep);
  const size_t got = connection_.read_some(buffer_.data() + before, kStep);
  buffer_.resize(before + got);
  return got > 0;
}

const ResponseHead& HttpReader::read_head() {
  do {
    size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (buffer_.size() > kMaxHead) malformed("its header is too long");
      if (!fill()) cut_off();
    }
    head_ = parse_response_head(std::string_view(buffer_).substr(0, end));
    buffer_.erase(0, end + 4);
  } while (head_.status == 100);
  return head_;
}

void HttpReader::pass(size_t size, const Sink& sink) {
  while (size > 0) {
    if (buffer_.empty() && !fill()) cut_off();
    const size_t part = std::min(size, buffer_.size());
    sink(std::string_view(buffer_).substr(0, part));
    buffer_.erase(0, part);
    size -= part;
  }
}

std::string HttpReader::read_line() {
  size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (buffer_.size() > kMaxLine) malformed("a line is too long");
    if (!fill()) cut_off();
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string HttpReader::next_chunk() {
  const std::string line = read_line();
  const std::uint64_t size = parse_size(trim(std::string_view(line).substr(0, line.find(';'))), 16);
  if (size > kMaxWholeBody) malformed("a chunk is too long");
  std::string chunk;
  pass(static_cast<size_t>(size), [&chunk](std::string_view bytes) { chunk += bytes; });
  if (size == 0) {
    read_trailer();
  } else if (!read_line().empty()) {
    malformed("a chunk does not end where it should");
  }
  return chunk;
}

void HttpReader::read_chunks(const Sink& sink) {
  for (;;) {
    const std::string line = read_line();
    const std::uint64_t size = parse_size(trim(std::string_view(line).substr(0, line.find(';'))), 16);
    if (size == 0) break;
    pass(size, sink);
    if (!read_line().empty()) malformed("a chunk does not end where it should");
  }
  read_trailer();
}

void HttpReader::read_trailer() {
  size_t total = 0;
  for (std::string line = read_line(); !line.empty(); line = read_line()) {
    if ((total += line.size()) > kMaxHead) malformed("its trailer is too long");
    add_header(line, head_.headers);
  }
}

void HttpReader::read_body(const Sink& sink) {
  if (head_.status == 204 || head_.status == 304) return;
  if (to_lower(head_.header("transfer-encoding")) == "chunked") return read_chunks(sink);
  if (const std::string length = head_.header("content-length"); !length.empty()) {
    return pass(parse_size(length, 10), sink);
  }
  do {
    if (!buffer_.empty()) sink(buffer_);
    buffer_.clear();
  } while (fill());
}

std::string HttpReader::read_whole_body() {
  std::string body;
  read_body([&body](std::string_view bytes) {
    if (body.size() + bytes.size() > kMaxWholeBody) malformed("its answer is too long");
    body += bytes;
  });
  return body;
}

}  // namespace minibox::client
