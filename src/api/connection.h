// One accepted socket: writes with a deadline, an orderly end, and a watch for the client's leaving. Event loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "api/live_exchange.h"

namespace minibox::api {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

class Connection {
 public:
  using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;

  Connection(StreamSocket socket, std::chrono::milliseconds write_timeout)
      : stream_(std::move(socket)), write_timeout_(write_timeout) {}

  Stream& stream() { return stream_; }

  // False: the client has gone, or took nothing for `write_timeout`.
  boost::asio::awaitable<bool> write_all(std::string bytes);

  // Tells `exchange` when the client closes its half, and when it has left: closed both halves, or reset. What it sends
  // meanwhile is dropped. Ends with the connection, which must live as long.
  boost::asio::awaitable<void> watch(std::shared_ptr<LiveExchange> exchange);
  // The same without reading: true when the client has left, false when the connection was closed or given away before.
  // That a TCP client has left shows only when it sends a reset.
  boost::asio::awaitable<bool> watch_end();

  boost::asio::awaitable<void> linger();  // closing with unread input would reset the connection and lose the answer
  void close();
  void give_away();  // somebody else has a copy: closes ours without a trace

 private:
  Stream stream_;
  std::chrono::milliseconds write_timeout_;
};

}  // namespace minibox::api
