#include "api/file_reader.h"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>

#include "sys/file.h"

namespace minibox::api {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kPiece = 256 * 1024;

struct Outcome {
  std::exception_ptr error;
  std::string bytes;
};

// Runs on a thread of the lane.
Outcome read_now(const FileBody& body) {
  Outcome outcome;
  try {
    outcome.bytes.resize(std::min(body.size, kPiece));
    outcome.bytes.resize(sys::read_some_at(body.file, outcome.bytes.data(), outcome.bytes.size(), body.offset));
  } catch (...) {
    outcome.error = std::current_exception();
  }
  return outcome;
}

// The coroutine that waits is resumed, and destroyed, on the loop only: the job passes its handler on.
template <typename Handler>
void submit(Lanes& lanes, const FileBody& body, const asio::any_io_executor& loop, Handler&& waiting) {
  auto handler = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(waiting));
  const auto resume = [](const asio::any_io_executor& on, std::shared_ptr<std::decay_t<Handler>> waiter,
                         Outcome outcome) {
    asio::post(on, [waiter = std::move(waiter), outcome = std::move(outcome)]() mutable {
      std::move (*waiter)(outcome.error, std::move(outcome.bytes));
    });
  };
  const bool accepted =
      lanes.try_submit(Lane::kShort, [&body, loop, handler, resume, busy = asio::make_work_guard(loop)]() mutable {
        resume(loop, std::move(handler), read_now(body));
      });
  if (!accepted) resume(loop, handler, {std::make_exception_ptr(lane_is_full(Lane::kShort)), {}});
}

}  // namespace

asio::awaitable<std::string> read_piece(Lanes& lanes, FileBody& body) {
  const asio::any_io_executor loop = co_await asio::this_coro::executor;
  auto initiate = [&](auto&& handler) { submit(lanes, body, loop, std::forward<decltype(handler)>(handler)); };
  std::string piece =
      co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr, std::string)>(
          std::move(initiate), asio::use_awaitable);
  body.offset += piece.size();
  body.size -= piece.size();
  co_return piece;
}

}  // namespace minibox::api
