#include "api/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <optional>

#include "api/access.h"
#include "base/text.h"

namespace minibox::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxHead = 16 * 1024;
constexpr std::chrono::seconds kLinger{2};

using Parser = http::request_parser<http::string_body>;

Request to_request(const Parser& parser) {
  const auto& message = parser.get();
  Request request;
  request.method = std::string(message.method_string());
  for (const auto& field : message) {
    std::string& value = request.headers[to_lower(std::string_view(field.name_string()))];
    if (!value.empty()) value += ", ";
    value += std::string_view(field.value());
  }
  return request;
}

Response refusal(const Request& request, int status, const std::string& text) {
  return error_response(Error(ErrorKind::kInvalid, text), request.wants_json_errors(), status);
}

// Runs a handler on whatever thread this is: the one place where errors of requests are caught.
void run_handler(ServerState& state, const Route& route, const Request& request, LiveExchange& exchange) {
  std::optional<Error> error;
  try {
    route.handler(state.backend, request, exchange);
  } catch (const Error& thrown) {
    error = thrown;
  } catch (...) {
    error = Error(ErrorKind::kInternal, current_exception_text());
  }
  if (error && status_of(error->kind()) >= 500) {
    state.config.log(request.method + " " + request.path + ": " + error->text());
  }
  exchange.finish(error, request.wants_json_errors());
}

std::string chunk(std::string_view bytes) {
  char size[16];
  const auto [end, ignored] = std::to_chars(size, size + sizeof size, bytes.size(), 16);
  std::string text(size, end);
  return text.append("\r\n").append(bytes).append("\r\n");
}

}  // namespace

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(ServerState& state, StreamSocket socket, std::string local_address)
      : state_(state), stream_(std::move(socket)), rules_{state.config.token, std::move(local_address)} {
    state_.sessions.insert(this);
  }
  ~Session() { state_.sessions.erase(this); }

  asio::awaitable<void> run();
  void stop();

 private:
  enum class Next { kKeep, kClose, kLinger, kGone };

  asio::awaitable<Next> serve_one();
  std::optional<Response> check_head(Request& request, const Route*& route);
  asio::awaitable<std::optional<Response>> read_body(Request& request, const Route& route);
  std::shared_ptr<LiveExchange> dispatch(const Route& route, Request request);
  asio::awaitable<Next> answer(LiveExchange& exchange, bool head_only);
  asio::awaitable<Next> stream(LiveExchange& exchange);
  asio::awaitable<Next> write_response(Response response, bool keep_alive, bool head_only);
  asio::awaitable<bool> write_all(std::string bytes);
  asio::awaitable<void> linger();
  void give_away();
  void watch_client(const std::shared_ptr<LiveExchange>& exchange);
  void log_refusal(const Request& request, const std::string& reason) const;

  ServerState& state_;
  beast::basic_stream<asio::generic::stream_protocol> stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  AccessRules rules_;
  std::shared_ptr<LiveExchange> exchange_;  // of the request being answered
  bool idle_ = true;
};

asio::awaitable<void> Session::run() {
  const std::shared_ptr<Session> self = shared_from_this();
  try {
    Next next = Next::kKeep;
    while (next == Next::kKeep && !state_.stopping) next = co_await serve_one();
    if (next == Next::kGone) co_return;
    if (next == Next::kLinger) co_await linger();
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
  } catch (...) {
    state_.config.log("connection dropped: " + current_exception_text());
  }
  if (exchange_) exchange_->client_left();
  stream_.close();
}

void Session::stop() {
  if (exchange_ && exchange_->phase() == LiveExchange::Phase::kStreaming) {
    exchange_->client_left();
  } else if (idle_) {
    stream_.close();
  }
}

asio::awaitable<Session::Next> Session::serve_one() {
  idle_ = true;
  exchange_.reset();
  parser_.emplace();
  parser_->header_limit(kMaxHead);
  parser_->body_limit(boost::none);
  stream_.expires_after(state_.config.head_timeout);
  error_code error;
  co_await http::async_read_header(stream_, buffer_, *parser_, asio::redirect_error(asio::use_awaitable, error));
  idle_ = false;
  if (error == http::error::header_limit) {
    co_return co_await write_response(refusal({}, 431, "request header is too large"), false, false);
  }
  if (error && error.category() == make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    co_return co_await write_response(refusal({}, 400, "Invalid request: " + error.message()), false, false);
  }
  if (error) co_return Next::kClose;

  Request request = to_request(*parser_);
  const bool head_only = request.method == "HEAD";
  const Route* route = nullptr;
  std::optional<Response> refused = check_head(request, route);
  if (!refused) refused = co_await read_body(request, *route);
  if (refused) {
    // What follows an upgrade that was not granted is no HTTP.
    const bool in_step = parser_->is_done() && !(request.asks_for_stream() && buffer_.size() > 0);
    co_return co_await write_response(std::move(*refused), in_step && parser_->get().keep_alive(), head_only);
  }
  exchange_ = dispatch(*route, std::move(request));
  co_return co_await answer(*exchange_, head_only);
}

// Everything that is decided before a body is read.
std::optional<Response> Session::check_head(Request& request, const Route*& route) {
  const auto target = parse_target(std::string_view(parser_->get().target()));
  if (target) {
    request.path = target->path;
    request.query = target->query;
  }
  if (auto refused = check_access(request, rules_)) {
    log_refusal(request, refused->reason);
    return refused->response;
  }
  if (!target) return refusal(request, 400, "Invalid request: malformed target");
  const RouteMatch match = find_route(request.method, request.path);
  if (match.route == nullptr && match.allow.empty()) {
    return error_response(Error(ErrorKind::kNotFound, "404 page not found"), request.wants_json_errors());
  }
  if (match.route == nullptr) {
    Response response = refusal(request, 405, "Method Not Allowed");
    response.headers.emplace_back("Allow", match.allow);
    return response;
  }
  route = match.route;
  const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  if ((has_body || route->body_limit > 0) && !is_json_content_type(request.header("content-type"))) {
    log_refusal(request, "content type " + quote(request.header("content-type")));
    return refusal(request, 415, "the body must have Content-Type: application/json");
  }
  if (parser_->content_length().value_or(0) > route->body_limit || (has_body && route->body_limit == 0)) {
    return refusal(request, 413, "the body is larger than " + std::to_string(route->body_limit) + " bytes");
  }
  return std::nullopt;
}

asio::awaitable<std::optional<Response>> Session::read_body(Request& request, const Route& route) {
  if (!parser_->is_done()) {
    if (to_lower(request.header("expect")) == "100-continue") {
      co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
    }
    parser_->body_limit(route.body_limit);
    stream_.expires_after(state_.config.body_timeout);
    error_code error;
    co_await http::async_read(stream_, buffer_, *parser_, asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::body_limit) {
      co_return refusal(request, 413, "the body is larger than " + std::to_string(route.body_limit) + " bytes");
    }
    if (error) co_return refusal(request, 400, "Invalid request: the body is incomplete or malformed");
    request.body = std::move(parser_->get().body());
  }
  if (request.asks_for_stream() && buffer_.size() > 0) {
    co_return refusal(request, 400, "Invalid request: bytes after the request before the switch of protocols");
  }
  co_return std::nullopt;
}

std::shared_ptr<LiveExchange> Session::dispatch(const Route& route, Request request) {
  auto exchange = std::make_shared<LiveExchange>(stream_.get_executor(), stream_.socket().native_handle());
  if (route.lane == Lane::kInline) {
    run_handler(state_, route, request, *exchange);
    return exchange;
  }
  const bool json = request.wants_json_errors();
  {
    const std::lock_guard lock(state_.mutex);
    ++state_.active;
  }
  auto job = [&state = state_, &route, exchange, shared = std::make_shared<const Request>(std::move(request))] {
    run_handler(state, route, *shared, *exchange);
    const std::lock_guard lock(state.mutex);
    if (--state.active == 0) state.none_active.notify_all();
  };
  WorkerPool& pool = route.lane == Lane::kLong ? state_.long_calls : state_.short_calls;
  if (!pool.try_submit(std::move(job))) {
    const std::lock_guard lock(state_.mutex);
    --state_.active;
    Error busy(ErrorKind::kUnavailable, "too many calls are running at once");
    exchange->finish(busy.with_hint("try again when some of them have ended"), json);
  }
  return exchange;
}

asio::awaitable<Session::Next> Session::answer(LiveExchange& exchange, bool head_only) {
  stream_.expires_never();
  for (;;) {
    co_await exchange.changed();
    switch (exchange.phase()) {
      case LiveExchange::Phase::kWaiting:
        exchange.take();
        break;
      case LiveExchange::Phase::kReplied:
        co_return co_await write_response(exchange.take_reply(), parser_->get().keep_alive() && !state_.stopping,
                                          head_only);
      case LiveExchange::Phase::kTaken:
        give_away();
        co_return Next::kGone;
      default:
        co_return co_await stream(exchange);
    }
  }
}

// Streams end with the connection, so whatever a client sends meanwhile, its end above all, means that it has left.
asio::awaitable<Session::Next> Session::stream(LiveExchange& exchange) {
  const bool chunked = parser_->get().version() >= 11;
  Response head;
  if (chunked) head.headers.emplace_back("Trailer", "X-Minibox-Status");
  std::string out = print_head(head, chunked ? "Transfer-Encoding: chunked" : "", false);
  watch_client(exchange_);
  for (;;) {
    LiveExchange::Snapshot snapshot = exchange.take();
    const bool ended = snapshot.phase == LiveExchange::Phase::kStreamEnded;
    if (!snapshot.bytes.empty()) out += chunked ? chunk(snapshot.bytes) : snapshot.bytes;
    if (ended && chunked) {
      out += "0\r\n" + (snapshot.status.empty() ? "" : "X-Minibox-Status: " + snapshot.status + "\r\n") + "\r\n";
    }
    if (!out.empty() && !co_await write_all(std::exchange(out, {}))) {
      exchange.client_left();
      co_return Next::kClose;
    }
    if (ended || snapshot.phase == LiveExchange::Phase::kFailed) co_return Next::kClose;
    co_await exchange.changed();
  }
}

asio::awaitable<Session::Next> Session::write_response(Response response, bool keep_alive, bool head_only) {
  std::string bytes = print_head(response, "Content-Length: " + std::to_string(response.body.size()), keep_alive);
  if (!head_only) bytes += response.body;
  if (!co_await write_all(std::move(bytes))) co_return Next::kClose;
  if (keep_alive) co_return Next::kKeep;
  co_return parser_->is_done() ? Next::kClose : Next::kLinger;
}

asio::awaitable<bool> Session::write_all(std::string bytes) {
  stream_.expires_after(state_.config.write_timeout);
  error_code error;
  co_await asio::async_write(stream_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
  stream_.expires_never();
  co_return !error;
}

// Closing with unread input resets the connection, and the client would lose the answer that says why.
asio::awaitable<void> Session::linger() {
  error_code error;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
  stream_.expires_after(kLinger);
  std::string discarded(64 * 1024, '\0');
  while (!error) {
    co_await stream_.async_read_some(asio::buffer(discarded), asio::redirect_error(asio::use_awaitable, error));
  }
}

// release() takes the socket out of epoll: a plain close would leave it registered while the shim's copy is open.
void Session::give_away() {
  const sys::Fd ours(stream_.release_socket().release());
}

void Session::watch_client(const std::shared_ptr<LiveExchange>& exchange) {
  stream_.socket().async_wait(asio::socket_base::wait_read, [exchange](const error_code& error) {
    if (error != asio::error::operation_aborted) exchange->client_left();
  });
}

void Session::log_refusal(const Request& request, const std::string& reason) const {
  const std::string from = rules_.local_address.empty() ? "the unix socket" : "TCP " + rules_.local_address;
  state_.config.log("refused " + quote(request.method + " " + request.path) + " on " + from + ": " + reason);
}

void serve(ServerState& state, StreamSocket socket, std::string local_address) {
  const auto executor = socket.get_executor();
  auto session = std::make_shared<Session>(state, std::move(socket), std::move(local_address));
  asio::co_spawn(executor, session->run(), asio::detached);
}

void stop_sessions(ServerState& state) {
  state.stopping = true;
  const std::set<Session*> sessions = state.sessions;  // stop() may end some
  for (Session* session : sessions) session->stop();
}

}  // namespace minibox::api
