#include "api/http_server.h"

#include <netinet/tcp.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <future>
#include <list>
#include <thread>

#include "api/session.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/listen_socket.h"

namespace minibox::api {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kBacklog = 512;
constexpr mode_t kSocketMode = 0600;
constexpr std::chrono::milliseconds kAcceptRetry{100};

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

sys::TcpAddress checked_address(const ServerConfig& config) {
  const sys::TcpAddress address = sys::parse_tcp_address(config.tcp_address);
  if (!address.is_loopback() && config.token.empty()) {
    throw Error(ErrorKind::kDenied, "refusing to listen on " + quote(config.tcp_address) + " without a token")
        .with_hint("whoever reaches this port is root here: set MINIBOX_API_TOKEN, or listen on 127.0.0.1");
  }
  return address;
}

std::string numeric_local_address(const StreamSocket& socket) {
  error_code error;
  const auto generic = socket.local_endpoint(error);
  asio::ip::tcp::endpoint endpoint;
  if (error || generic.size() > endpoint.capacity()) return {};
  std::memcpy(endpoint.data(), generic.data(), generic.size());
  endpoint.resize(generic.size());
  const asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {  // an IPv4 client of a socket that listens on "::"
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

// A client whose machine has vanished is noticed within a minute, not when the next line of a quiet log is written.
void set_tcp_options(StreamSocket& socket) {
  using KeepIdle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using KeepInterval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using KeepCount = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(KeepIdle(30), ignored);
  socket.set_option(KeepInterval(10), ignored);
  socket.set_option(KeepCount(3), ignored);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Backend& backend, ServerConfig config) : state_(backend, std::move(config)) {
    if (!state_.config.tcp_address.empty()) open_tcp();
    if (!state_.config.socket_path.empty()) open_unix();
  }

  ~Impl() {
    stop(std::chrono::milliseconds(0));
    // The loop runs until the last handler has returned: it drains the streams that they write to.
    state_.lanes.join();
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    for (Listener& listener : listeners_) asio::co_spawn(loop_, accept(listener), asio::detached);
    thread_ = std::thread([this] { loop_.run(); });
  }

  bool stop(std::chrono::milliseconds deadline) {
    if (!std::exchange(stopped_, true)) {
      if (thread_.joinable()) {
        std::promise<void> closed;
        asio::post(loop_, [this, &closed] {
          close_listeners();
          stop_sessions(state_);
          closed.set_value();
        });
        closed.get_future().wait();
      } else {
        close_listeners();
      }
    }
    return state_.active.wait_until_none(deadline);
  }

  const sys::TcpAddress& address() const { return address_; }

 private:
  struct Listener {
    Acceptor acceptor;
    bool tcp;
    ListenerState& state;
  };

  void open_tcp() {
    address_ = checked_address(state_.config);
    sys::Fd fd = sys::listen_tcp(address_, kBacklog);
    address_.port = sys::local_port(fd);
    add_listener(std::move(fd), true);
  }

  void open_unix() {
    const std::string& path = state_.config.socket_path;
    sys::Fd fd = sys::listen_unix(path, kSocketMode, kBacklog);
    const auto info = sys::try_lstat(path);
    socket_inode_ = info ? info->st_ino : 0;
    add_listener(std::move(fd), false);
  }

  void add_listener(sys::Fd fd, bool tcp) {
    const int family = tcp ? (address_.host.find(':') == std::string::npos ? AF_INET : AF_INET6) : AF_UNIX;
    Acceptor acceptor(loop_);
    acceptor.assign(asio::generic::stream_protocol(family, 0), fd.get());
    fd.release();
    listeners_.push_back({std::move(acceptor), tcp, tcp ? state_.tcp : state_.unix_socket});
  }

  void close_listeners() {
    for (Listener& listener : listeners_) {
      error_code ignored;
      listener.acceptor.close(ignored);
    }
    const auto info = socket_inode_ == 0 ? std::nullopt : sys::try_lstat(state_.config.socket_path);
    if (info && info->st_ino == socket_inode_) sys::remove_file(state_.config.socket_path);
  }

  asio::awaitable<void> accept(Listener& listener) {
    while (listener.acceptor.is_open()) {
      error_code error;
      StreamSocket socket(loop_);
      co_await listener.acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
      if (error) {
        co_await wait_for_descriptors(error);
      } else {
        admit(listener, std::move(socket));
      }
    }
  }

  void admit(Listener& listener, StreamSocket socket) {
    const std::string name = listener.tcp ? "TCP" : "the unix socket";
    const size_t open = listener.state.sessions.size();
    if (open >= state_.config.max_connections) {
      const bool made_room = close_oldest_idle(listener.state);
      state_.refusals.write(name + ": " + std::to_string(open) + " connections are open; " +
                            (made_room ? "closed the one that was idle longest" : "refused another"));
      if (!made_room) return;
    }
    if (listener.tcp) set_tcp_options(socket);
    std::string local = listener.tcp ? numeric_local_address(socket) : std::string();
    serve(state_, listener.state, std::move(socket), std::move(local));
  }

  // EMFILE and its like: nothing tells when a descriptor is free again.
  asio::awaitable<void> wait_for_descriptors(const error_code& error) {
    state_.refusals.write("accept: " + error.message());
    asio::steady_timer timer(loop_, kAcceptRetry);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  ServerState state_;
  asio::io_context loop_{1};  // after the state: destroying it ends the sessions, which take themselves off the state
  std::list<Listener> listeners_;
  sys::TcpAddress address_;
  ino_t socket_inode_ = 0;
  std::thread thread_;
  bool stopped_ = false;
};

HttpServer::HttpServer(Backend& backend, ServerConfig config)
    : impl_(std::make_unique<Impl>(backend, std::move(config))) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
  impl_->start();
}

bool HttpServer::stop(std::chrono::milliseconds deadline) {
  return impl_->stop(deadline);
}

std::string HttpServer::tcp_address() const {
  return impl_->address().port == 0 ? "" : impl_->address().print();
}

}  // namespace minibox::api
