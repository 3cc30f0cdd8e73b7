#include "client/download.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "client/response_error.h"

namespace minibox::client {

Download::Download(Connection connection) : connection_(std::move(connection)), reader_(connection_) {
  if (reader_.read_head().status >= 300) throw_error(reader_);
  if (to_lower(reader_.head().header("transfer-encoding")) == "chunked") return;
  const auto size = parse_int(reader_.head().header("content-length"), 0, std::numeric_limits<std::int64_t>::max());
  if (!size) throw Error(ErrorKind::kUnavailable, "the daemon does not send a stream");
  left_ = static_cast<std::uint64_t>(*size);
  chunk_ = reader_.take_surplus();
}

size_t Download::read_sized(char* buffer, size_t size) {
  size = static_cast<size_t>(std::min<std::uint64_t>(size, *left_));
  if (size == 0) return 0;
  size_t got = std::min(size, chunk_.size() - position_);
  std::copy_n(chunk_.data() + position_, got, buffer);
  position_ += got;
  if (got == 0) got = connection_.read_some(buffer, size);
  if (got == 0) throw Error(ErrorKind::kUnavailable, "the daemon broke off in the middle of what it sent");
  *left_ -= got;
  return got;
}

// "ok", or "ok; left-out=3".
void Download::read_status() {
  constexpr std::string_view kLeftOut = "ok; left-out=";
  const std::string status = reader_.head().header("x-minibox-status");
  if (status.starts_with(kLeftOut)) {
    left_out_ = static_cast<std::uint64_t>(parse_int(status.substr(kLeftOut.size()), 0, INT64_MAX).value_or(0));
  } else if (status != "ok") {
    throw Error(ErrorKind::kUnavailable, "what the daemon has sent is not complete");
  }
}

size_t Download::read(char* buffer, size_t size) {
  if (left_) return read_sized(buffer, size);
  if (!ended_ && position_ == chunk_.size()) {
    chunk_ = reader_.next_chunk();
    position_ = 0;
    ended_ = chunk_.empty();
    if (ended_) read_status();
  }
  const size_t got = std::min(size, chunk_.size() - position_);
  std::copy_n(chunk_.data() + position_, got, buffer);
  position_ += got;
  return got;
}

}  // namespace minibox::client
