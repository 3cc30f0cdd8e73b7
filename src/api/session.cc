#include "api/session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <optional>

#include "api/access.h"
#include "api/file_reader.h"
#include "api/route_table.h"
#include "base/text.h"

namespace minibox::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxHead = 16 * 1024;
// Of what is read and not understood yet: Beast has no limit for what stands between the chunks of a body, and throws
// out of the event loop at a trailer's field of 64 KiB.
constexpr size_t kMaxUnread = 32 * 1024;
constexpr size_t kIgnoredBody = 64 * 1024;  // what a route that needs no body puts up with

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

size_t body_limit(const Route& route) {
  return std::max(route.body_limit, kIgnoredBody);
}

Response too_large(const Request& request, size_t limit) {
  return refusal(request, 413, "the body is larger than " + std::to_string(limit) + " bytes");
}

// These calls are given up when the client leaves, and when the server stops. They have a connection to themselves: it
// is watched while they run, and ends with them. Of the others, whose handler or next request reads from it, only the
// end is.
bool ends_with_client(const Route& route, const Request& request) {
  return (route.lane == Lane::kLong || route.lane == Lane::kFollow || route.lane == Lane::kReadLog) &&
         !request.asks_for_stream();
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

// The end of a stream that has failed: the last chunk and its trailer, but not the line that ends them. Who knows the
// trailer reads why; for everybody else the body is cut off.
std::string print_failure(const std::string& error) {
  constexpr size_t kMaxLine = 4096;
  if (error.empty() || error.size() > kMaxLine) return {};
  return "0\r\nX-Minibox-Error: " + error + "\r\n";
}

}  // namespace

// A request on its way: what is counted and leased is given back when the last copy has gone.
struct Call {
  Call(Request request_, std::optional<ByteBudget::Lease> body_, ActiveCalls& calls)
      : request(std::move(request_)), body(std::move(body_)), active(calls) {}

  const Request request;
  const std::optional<ByteBudget::Lease> body;
  const ActiveCalls::Guard active;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(ServerState& state, ListenerState& listener, StreamSocket socket, std::string local_address)
      : state_(state),
        listener_(listener),
        connection_(std::move(socket), state.config.write_timeout),
        rules_{state.config.token, std::move(local_address)} {
    listener_.sessions.insert(this);
  }
  ~Session() { listener_.sessions.erase(this); }

  asio::awaitable<void> run();
  void stop();
  std::optional<std::uint64_t> idle_since() const { return idle_since_; }
  void close_idle();

 private:
  enum class Next { kKeep, kClose, kLinger, kGone };

  asio::awaitable<Next> serve_one();
  std::optional<Response> check_head(Request& request, const Route*& route);
  std::optional<Response> check_body(const Request& request, const Route& route);
  asio::awaitable<std::optional<Response>> read_body(Request& request, const Route& route);
  std::shared_ptr<LiveExchange> dispatch(const Route& route, Request request);
  asio::awaitable<Next> answer(LiveExchange& exchange, bool head_only);
  asio::awaitable<bool> probe();
  asio::awaitable<Next> stream(LiveExchange& exchange, LiveExchange::Snapshot snapshot);
  asio::awaitable<Next> write_response(Response response, bool keep_alive, bool head_only);
  asio::awaitable<bool> write_file(FileBody body);
  void watch_client();
  void watch_end();
  void begin_idle() { idle_since_ = ++state_.idle_clock; }
  void log_refusal(const Request& request, const std::string& reason) const;

  ServerState& state_;
  ListenerState& listener_;
  Connection connection_;
  beast::flat_buffer buffer_{kMaxUnread};
  std::optional<Parser> parser_;
  AccessRules rules_;
  std::optional<ByteBudget::Lease> body_lease_;  // of the request being read
  std::shared_ptr<LiveExchange> exchange_;       // of the request being answered
  bool watched_ = false;                         // once: the connection ends with the exchange
  bool end_watched_ = false;                     // once, whatever exchange it is then
  std::optional<std::uint64_t> idle_since_;      // waits for a request, or for the client's end after a refusal
};

asio::awaitable<void> Session::run() {
  const std::shared_ptr<Session> self = shared_from_this();
  try {
    Next next = Next::kKeep;
    while (next == Next::kKeep && !state_.stopping) next = co_await serve_one();
    if (next == Next::kGone) co_return;
    if (next == Next::kLinger) {
      begin_idle();
      co_await connection_.linger();
    }
  } catch (...) {
    state_.refusals.write("connection dropped: " + current_exception_text());
  }
  if (exchange_) exchange_->client_left();
  connection_.close();
}

void Session::stop() {
  const auto phase = exchange_ ? exchange_->phase() : LiveExchange::Phase::kReplied;
  if (phase == LiveExchange::Phase::kStreaming || phase == LiveExchange::Phase::kWaiting) {
    exchange_->client_left();
  } else if (idle_since_) {
    close_idle();
  }
}

void Session::close_idle() {
  idle_since_.reset();
  listener_.sessions.erase(this);
  connection_.close();
}

asio::awaitable<Session::Next> Session::serve_one() {
  begin_idle();
  exchange_.reset();
  body_lease_.reset();
  parser_.emplace();
  parser_->header_limit(kMaxHead);
  parser_->body_limit(boost::none);
  connection_.stream().expires_after(state_.config.head_timeout);
  error_code error;
  co_await http::async_read_header(connection_.stream(), buffer_, *parser_,
                                   asio::redirect_error(asio::use_awaitable, error));
  idle_since_.reset();
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
  const bool watched = ends_with_client(*route, request);
  exchange_ = dispatch(*route, std::move(request));
  if (watched) {
    watch_client();
  } else if (route->lane != Lane::kInline) {
    watch_end();
  }
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
    return std::move(refused->response);
  }
  if (!target) return refusal(request, 400, "Invalid request: malformed target");
  const RouteMatch match = find_route(request);
  if (match.route == nullptr && match.allow.empty()) {
    return error_response(Error(ErrorKind::kNotFound, "404 page not found"), request.wants_json_errors());
  }
  if (match.route == nullptr) {
    Response response = refusal(request, 405, "Method Not Allowed");
    response.headers.emplace_back("Allow", match.allow);
    return response;
  }
  route = match.route;
  return check_body(request, *route);
}

std::optional<Response> Session::check_body(const Request& request, const Route& route) {
  const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  if ((has_body || route.body_limit > 0) && !is_json_content_type(request.header("content-type"))) {
    log_refusal(request, "content type " + quote(request.header("content-type")));
    return refusal(request, 415, "the body must have Content-Type: application/json");
  }
  const size_t limit = body_limit(route);
  const std::uint64_t size = parser_->chunked() ? limit : parser_->content_length().value_or(0);
  if (size > limit) return too_large(request, limit);
  body_lease_ = listener_.bodies.try_take(size);
  if (body_lease_) return std::nullopt;
  Error busy(ErrorKind::kUnavailable, "too many large requests are being served");
  return error_response(busy.with_hint("try again when some of them have ended"), request.wants_json_errors());
}

asio::awaitable<std::optional<Response>> Session::read_body(Request& request, const Route& route) {
  if (!parser_->is_done()) {
    if (to_lower(request.header("expect")) == "100-continue") {
      co_await connection_.write_all("HTTP/1.1 100 Continue\r\n\r\n");
    }
    parser_->body_limit(body_limit(route));
    connection_.stream().expires_after(state_.config.body_timeout);
    error_code error;
    co_await http::async_read(connection_.stream(), buffer_, *parser_,
                              asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::body_limit) co_return too_large(request, body_limit(route));
    if (error) co_return refusal(request, 400, "Invalid request: the body is incomplete or malformed");
    request.body = std::move(parser_->get().body());
  }
  if (request.asks_for_stream() && buffer_.size() > 0) {
    co_return refusal(request, 400, "Invalid request: bytes after the request before the switch of protocols");
  }
  co_return std::nullopt;
}

std::shared_ptr<LiveExchange> Session::dispatch(const Route& route, Request request) {
  Connection::Stream& stream = connection_.stream();
  auto exchange = std::make_shared<LiveExchange>(stream.get_executor(), stream.socket().native_handle());
  if (route.lane == Lane::kInline) {
    run_handler(state_, route, request, *exchange);
    return exchange;
  }
  const bool json = request.wants_json_errors();
  auto call = std::make_shared<const Call>(std::move(request), std::move(body_lease_), state_.active);
  const bool accepted =
      state_.lanes.try_submit(route.lane, [&state = state_, &route, exchange, call = std::move(call)] {
        run_handler(state, route, call->request, *exchange);
      });
  if (!accepted) exchange->finish(lane_is_full(route.lane), json);
  return exchange;
}

// Whether a client that closed its half is still there: tells the socket, of a client that has left, to answer with a
// reset. An interim response changes nothing for a reader (RFC 9110, 15.2).
asio::awaitable<bool> Session::probe() {
  if (parser_->get().version() < 11) co_return true;
  co_return co_await connection_.write_all("HTTP/1.1 102 Processing\r\n\r\n");
}

asio::awaitable<Session::Next> Session::answer(LiveExchange& exchange, bool head_only) {
  connection_.stream().expires_never();
  bool probed = false;
  for (;;) {
    co_await exchange.changed();
    LiveExchange::Snapshot snapshot = exchange.take();
    switch (snapshot.phase) {
      case LiveExchange::Phase::kWaiting:
        if (snapshot.half_closed && !std::exchange(probed, true) && !co_await probe()) exchange.client_left();
        break;
      case LiveExchange::Phase::kReplied:
        co_return co_await write_response(exchange.take_reply(),
                                          parser_->get().keep_alive() && !watched_ && !state_.stopping, head_only);
      case LiveExchange::Phase::kTaken:
        connection_.give_away();
        co_return Next::kGone;
      default:
        co_return co_await stream(exchange, std::move(snapshot));
    }
  }
}

// Streams end with the connection. A client that closes its half after the request (nc, some proxies) may still read;
// one that has left did the same in TCP's eyes, until something is sent to it. So the first digit of the next chunk's
// size goes out at once: a leading zero changes nothing for a reader, and a socket that nobody holds answers with a
// reset.
asio::awaitable<Session::Next> Session::stream(LiveExchange& exchange, LiveExchange::Snapshot snapshot) {
  const bool chunked = parser_->get().version() >= 11;
  Response head;
  if (chunked) head.headers.emplace_back("Trailer", "X-Minibox-Status");
  std::string out = print_head(head, chunked ? "Transfer-Encoding: chunked" : "", false);
  bool probed = false;
  if (!watched_) watch_client();
  for (;;) {
    const bool ended = snapshot.phase == LiveExchange::Phase::kStreamEnded;
    if (!snapshot.bytes.empty()) out += chunked ? chunk(snapshot.bytes) : snapshot.bytes;
    const bool failed = snapshot.phase == LiveExchange::Phase::kFailed;
    if (failed && chunked) out += print_failure(snapshot.status);
    if (ended && chunked) {
      out += "0\r\n" + (snapshot.status.empty() ? "" : "X-Minibox-Status: " + snapshot.status + "\r\n") + "\r\n";
    }
    if (snapshot.half_closed && chunked && !ended && !std::exchange(probed, true)) out += '0';
    if (!out.empty() && !co_await connection_.write_all(std::exchange(out, {}))) {
      exchange.client_left();
      co_return Next::kClose;
    }
    if (ended || failed) co_return Next::kClose;
    co_await exchange.changed();
    snapshot = exchange.take();
  }
}

asio::awaitable<Session::Next> Session::write_response(Response response, bool keep_alive, bool head_only) {
  std::string bytes = print_head(response, "Content-Length: " + std::to_string(response.body_size()), keep_alive);
  if (!head_only) bytes += response.body;
  if (!co_await connection_.write_all(std::move(bytes))) co_return Next::kClose;
  if (response.file && !head_only && !co_await write_file(std::move(*response.file))) co_return Next::kClose;
  if (keep_alive) co_return Next::kKeep;
  co_return parser_->is_done() ? Next::kClose : Next::kLinger;
}

asio::awaitable<bool> Session::write_file(FileBody body) {
  while (body.size > 0) {
    std::string piece = co_await read_piece(state_.lanes, body);
    if (piece.empty() || !co_await connection_.write_all(std::move(piece))) co_return false;
  }
  co_return true;
}

void Session::watch_client() {
  watched_ = true;
  const auto watch = [](std::shared_ptr<Session> self) -> asio::awaitable<void> {
    co_await self->connection_.watch(self->exchange_);
  };
  asio::co_spawn(connection_.stream().get_executor(), watch(shared_from_this()), asio::detached);
}

void Session::watch_end() {
  if (std::exchange(end_watched_, true)) return;
  const auto watch = [](std::shared_ptr<Session> self) -> asio::awaitable<void> {
    if (co_await self->connection_.watch_end() && self->exchange_) self->exchange_->client_left();
  };
  asio::co_spawn(connection_.stream().get_executor(), watch(shared_from_this()), asio::detached);
}

void Session::log_refusal(const Request& request, const std::string& reason) const {
  const std::string from = rules_.local_address.empty() ? "the unix socket" : "TCP " + rules_.local_address;
  state_.refusals.write("refused " + quote(request.method + " " + request.path) + " on " + from + ": " + reason);
}

void serve(ServerState& state, ListenerState& listener, StreamSocket socket, std::string local_address) {
  const auto executor = socket.get_executor();
  auto session = std::make_shared<Session>(state, listener, std::move(socket), std::move(local_address));
  asio::co_spawn(executor, session->run(), asio::detached);
}

bool close_oldest_idle(ListenerState& listener) {
  Session* oldest = nullptr;
  for (Session* session : listener.sessions) {
    if (!session->idle_since()) continue;
    if (oldest == nullptr || *session->idle_since() < *oldest->idle_since()) oldest = session;
  }
  if (oldest != nullptr) oldest->close_idle();
  return oldest != nullptr;
}

void stop_sessions(ServerState& state) {
  state.stopping = true;
  for (ListenerState* listener : {&state.tcp, &state.unix_socket}) {
    const std::set<Session*> sessions = listener->sessions;  // stop() may end some
    for (Session* session : sessions) session->stop();
  }
}

}  // namespace minibox::api
