#include "api/connection.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "sys/fd.h"

namespace minibox::api {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds kLinger{2};
constexpr size_t kDiscarded = 64 * 1024;

}  // namespace

asio::awaitable<bool> Connection::write_all(std::string bytes) {
  stream_.expires_after(write_timeout_);
  error_code error;
  co_await asio::async_write(stream_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
  stream_.expires_never();
  co_return !error;
}

asio::awaitable<void> Connection::watch(std::shared_ptr<LiveExchange> exchange) {
  std::string dropped(4096, '\0');
  error_code error;
  while (!error) {
    co_await stream_.socket().async_read_some(asio::buffer(dropped), asio::redirect_error(asio::use_awaitable, error));
  }
  if (error == asio::error::eof) {
    exchange->client_half_closed();
    if (co_await watch_end()) exchange->client_left();
  } else if (error != asio::error::operation_aborted)
    exchange->client_left();
}

// POLLHUP or POLLERR: both halves are closed. A unix socket says so itself, TCP when something written is answered with
// a reset.
asio::awaitable<bool> Connection::watch_end() {
  error_code error;
  co_await stream_.socket().async_wait(asio::socket_base::wait_error, asio::redirect_error(asio::use_awaitable, error));
  co_return error != asio::error::operation_aborted;
}

asio::awaitable<void> Connection::linger() {
  error_code error;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
  stream_.expires_after(kLinger);
  std::string discarded(kDiscarded, '\0');
  while (!error) {
    co_await stream_.async_read_some(asio::buffer(discarded), asio::redirect_error(asio::use_awaitable, error));
  }
}

void Connection::close() {
  error_code ignored;
  stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
  stream_.close();
}

// release() takes the socket out of epoll: a plain close would leave it registered while the other copy is open.
void Connection::give_away() {
  const sys::Fd ours(stream_.release_socket().release());
}

}  // namespace minibox::api
