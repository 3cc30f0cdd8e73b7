// An Exchange between a handler's thread and the event loop. The handler's side leaves an answer or appends bytes and
// wakes the loop; the connection's coroutine (session.cc) takes them and writes them out.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/http.h"

namespace minibox::api {

class LiveExchange final : public Exchange, public std::enable_shared_from_this<LiveExchange> {
 public:
  LiveExchange(boost::asio::any_io_executor loop, int connection)
      : connection_(connection), loop_(loop), wake_(loop, boost::asio::steady_timer::time_point::max()) {}

  // --- the handler's side
  void reply(Response response) override;
  void begin_stream() override;
  void limit_patience(std::chrono::seconds patience) override;
  void write(std::string_view bytes) override;
  void end_stream(const std::string& status) override;
  std::stop_token stop_token() override { return stop_.get_token(); }
  sys::Fd duplicate_connection() override;
  void connection_taken() override;
  // After the handler has returned; an error that it threw becomes the answer if none was begun.
  void finish(const std::optional<Error>& error, bool json_errors);

  // --- the event loop's side
  enum class Phase { kWaiting, kReplied, kStreaming, kStreamEnded, kTaken, kFailed };
  struct Snapshot {
    Phase phase = Phase::kWaiting;
    std::string bytes;   // taken out of the stream
    std::string status;  // trailer of an ended stream, or the error of a failed one
    bool half_closed = false;
  };
  boost::asio::awaitable<void> changed();  // resumes when there is something new since the last take()
  Snapshot take();
  Phase phase();
  Response take_reply();
  void client_half_closed();  // it sends no more, and may still read
  void client_left();         // write() throws from now on and stop is requested

 private:
  void notify();

  const int connection_;
  boost::asio::any_io_executor loop_;
  boost::asio::steady_timer wake_;  // event loop only
  std::stop_source stop_;

  std::mutex mutex_;
  std::condition_variable drained_;
  Phase phase_ = Phase::kWaiting;
  Response reply_;
  std::string pending_;
  std::string status_;
  bool half_closed_ = false;
  std::optional<std::chrono::seconds> patience_;
  bool left_ = false;
  bool news_ = false;
};

}  // namespace minibox::api
