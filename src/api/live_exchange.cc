#include "api/live_exchange.h"

#include <fcntl.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "wire/error_body.h"

namespace minibox::api {

namespace asio = boost::asio;

namespace {

constexpr size_t kMaxPending = 1u << 20;  // what a slow client may leave unread before the handler waits

}  // namespace

// Callers hold mutex_.
void LiveExchange::notify() {
  if (std::exchange(news_, true)) return;
  asio::post(loop_, [self = shared_from_this()] { self->wake_.cancel(); });
}

void LiveExchange::reply(Response response) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kWaiting) throw Error(ErrorKind::kInternal, "a request was answered twice");
  reply_ = std::move(response);
  phase_ = Phase::kReplied;
  notify();
}

void LiveExchange::begin_stream() {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kWaiting) throw Error(ErrorKind::kInternal, "a request was answered twice");
  phase_ = Phase::kStreaming;
  notify();
}

void LiveExchange::limit_patience(std::chrono::seconds patience) {
  const std::lock_guard lock(mutex_);
  patience_ = patience;
}

void LiveExchange::write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  const auto has_room = [this] { return left_ || pending_.size() < kMaxPending; };
  if (!patience_) {
    drained_.wait(lock, has_room);
  } else if (!drained_.wait_for(lock, *patience_, has_room)) {
    throw Error(ErrorKind::kTimeout, "the client reads nothing");
  }
  if (left_) throw Error(ErrorKind::kCancelled, "the client has left");
  pending_ += bytes;
  notify();
}

void LiveExchange::end_stream(const std::string& status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
  phase_ = Phase::kStreamEnded;
  notify();
}

sys::Fd LiveExchange::duplicate_connection() {
  sys::Fd copy(::fcntl(connection_, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw Error::from_errno("fcntl(F_DUPFD_CLOEXEC)", errno);
  return copy;
}

void LiveExchange::connection_taken() {
  const std::lock_guard lock(mutex_);
  phase_ = Phase::kTaken;
  notify();
}

void LiveExchange::finish(const std::optional<Error>& error, bool json_errors) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kWaiting) {
    reply_ = error_response(error ? *error : Error(ErrorKind::kInternal, "the request got no answer"), json_errors);
    phase_ = Phase::kReplied;
  } else if (phase_ == Phase::kStreaming) {
    phase_ = Phase::kFailed;
    status_ = error ? wire::print_error(*error) : std::string();
  }
  notify();
}

asio::awaitable<void> LiveExchange::changed() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (news_) co_return;
    }
    // notify() posts its cancel() to this thread, so it can't fall between the check and the wait.
    boost::system::error_code cancelled;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

LiveExchange::Snapshot LiveExchange::take() {
  Snapshot snapshot;
  const std::lock_guard lock(mutex_);
  news_ = false;
  snapshot.phase = phase_;
  snapshot.bytes = std::exchange(pending_, {});
  snapshot.status = status_;
  snapshot.half_closed = half_closed_;
  drained_.notify_all();
  return snapshot;
}

LiveExchange::Phase LiveExchange::phase() {
  const std::lock_guard lock(mutex_);
  return phase_;
}

Response LiveExchange::take_reply() {
  const std::lock_guard lock(mutex_);
  return std::move(reply_);
}

void LiveExchange::client_half_closed() {
  const std::lock_guard lock(mutex_);
  half_closed_ = true;
  notify();
}

void LiveExchange::client_left() {
  {
    const std::lock_guard lock(mutex_);
    left_ = true;
    drained_.notify_all();
  }
  stop_.request_stop();  // runs the callbacks of the handler's side: not under the lock
}

}  // namespace minibox::api
