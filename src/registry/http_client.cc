#include "registry/http_client.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <mutex>
#include <optional>
#include <utility>

#include "base/cancellation.h"
#include "base/text.h"
#include "registry/name_lookup.h"

namespace minibox::registry {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxHead = 64u << 10;
constexpr size_t kPiece = 256u << 10;
constexpr size_t kRead = 64u << 10;  // Beast asks for as much as its buffer has room, which are 512 bytes at first
static_assert(kMaxHead <= kRead);
constexpr int kMaxInterim = 8;   // 1xx answers before the real one
constexpr size_t kMaxIdle = 16;  // connections kept for the next exchange
// Less than this within four timeouts of waiting is no transfer but an attempt to hold us up.
constexpr std::uint64_t kLeastBytes = 64u << 10;

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::response_parser<http::buffer_body>;

std::shared_ptr<ssl::context> make_tls_context(const std::string& ca_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(ssl::verify_peer);
  error_code error;
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca_file, error);
  }
  if (error) {
    throw Error(ErrorKind::kInvalid, "cannot read the certificates in " + quote(ca_file) + ": " + error.message());
  }
  return context;
}

bool is_address(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// "host:port", always with the port, as CONNECT wants it (RFC 9110, 9.3.6).
std::string host_and_port(const Url& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

std::string proxy_header(const Proxy& proxy) {
  return proxy.authorization.empty() ? "" : "Proxy-Authorization: " + proxy.authorization + "\r\n";
}

// `proxy`: that gets to see the request, or null. One that only tunnels does not.
std::string print_head(const HttpRequest& request, const Proxy* proxy) {
  const std::uint64_t size = request.stream ? request.stream_size : request.body.size();
  std::string head = request.method + " " + (proxy != nullptr ? request.url.origin() : "") + request.url.target +
                     " HTTP/1.1\r\nHost: " + request.url.authority() + "\r\n";
  if (proxy != nullptr) head += proxy_header(*proxy);
  for (const auto& [name, value] : request.headers) {
    if (value.find_first_of("\r\n") != std::string::npos) {
      throw Error(ErrorKind::kInvalid, "the header " + quote(name) + " of a request has a line feed");
    }
    head += name + ": " + value + "\r\n";
  }
  const bool has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (has_body) head += "Content-Length: " + std::to_string(size) + "\r\n";
  return head + "\r\n";
}

}  // namespace

const std::string& HttpHead::header(const std::string& lower_name) const {
  static const std::string kNone;
  const auto found = headers.find(lower_name);
  return found == headers.end() ? kNone : found->second;
}

std::string HttpExchange::read_all(size_t limit) {
  std::string bytes;
  std::string piece(std::min<size_t>(limit + 1, 64u << 10), '\0');
  while (const size_t got = read(piece.data(), piece.size())) {
    bytes.append(piece, 0, got);
    if (bytes.size() > limit) {
      throw Error(ErrorKind::kUnsupported, "the answer is larger than " + std::to_string(limit) + " bytes");
    }
  }
  return bytes;
}

namespace {

// One connection with a loop of its own: each step is an asynchronous operation that this thread waits for, because
// only those have deadlines and can be cancelled from elsewhere.
class Connection {
 public:
  // `proxy`: to go through, or null.
  Connection(const Url& url, const Proxy* proxy, std::chrono::milliseconds timeout, std::shared_ptr<ssl::context> tls)
      : url_(url),
        proxy_(proxy == nullptr ? std::nullopt : std::optional(*proxy)),
        timeout_(timeout),
        tls_(std::move(tls)) {
    buffer_.reserve(kRead);
    if (tls_) {
      secure_.emplace(io_, *tls_);
    } else {
      plain_.emplace(io_);
    }
  }

  const Url& url() const { return url_; }

  void open(const std::stop_token& stop) {
    connect(proxy_ ? proxy_->url : url_, stop);
    if (proxy_ && secure_) open_tunnel(stop);
    if (secure_) shake_hands(stop);
  }

  std::string head_of(const HttpRequest& request) const {
    return print_head(request, proxy_ && !secure_ ? &*proxy_ : nullptr);
  }

  // What was written when an error comes back: the answer may be there all the same (too large, not allowed).
  error_code write(std::string_view bytes, const std::stop_token& stop) {
    return wait(stop, [&](auto done) {
      with_stream([&](auto& stream) {
        asio::async_write(stream, asio::buffer(bytes.data(), bytes.size()), [done](error_code e, size_t) { done(e); });
      });
    });
  }
  error_code read_header(Parser& parser, const std::stop_token& stop) {
    return wait(stop, [&](auto done) {
      with_stream([&](auto& stream) {
        http::async_read_header(stream, buffer_, parser, [done](error_code e, size_t) { done(e); });
      });
    });
  }
  error_code read_some(Parser& parser, const std::stop_token& stop) {
    return wait(stop, [&](auto done) {
      with_stream([&](auto& stream) {
        http::async_read_some(stream, buffer_, parser, [done](error_code e, size_t) { done(e); });
      });
    });
  }
  std::string text_of(const error_code& error) const {
    if (error == beast::error::timeout) return "no answer within " + std::to_string(timeout_.count()) + " ms";
    const bool system = error.category() == boost::system::system_category();
    return error.message() + (system ? " (" + errno_name(error.value()) + ")" : "");
  }
  bool has_surplus() const { return buffer_.size() > 0; }
  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  PlainStream& lowest() { return secure_ ? beast::get_lowest_layer(*secure_) : *plain_; }

  template <typename Use>
  void with_stream(Use use) {
    if (secure_) {
      use(*secure_);
    } else {
      use(*plain_);
    }
  }

  void connect(const Url& to, const std::stop_token& stop) {
    const std::string what = proxy_ ? "the proxy " : "";
    const std::vector<asio::ip::tcp::endpoint> addresses = find(to, stop);
    error_code error = wait(
        stop, [&](auto done) { lowest().async_connect(addresses, [done](error_code e, const auto&) { done(e); }); });
    if (error) throw Unreachable(ErrorKind::kUnavailable, "cannot reach " + what + to.origin() + ": " + text_of(error));
    lowest().socket().set_option(asio::ip::tcp::no_delay(true), error);
  }

  std::vector<asio::ip::tcp::endpoint> find(const Url& host, const std::stop_token& stop) const {
    try {
      return look_up(host, timeout_, stop);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kCancelled) throw;
      throw Unreachable(ErrorKind::kUnavailable, "cannot find " + std::string(proxy_ ? "the proxy " : "the host ") +
                                                     quote(host.host) + ": " + error.text());
    }
  }

  // CONNECT (RFC 9110, 9.3.6): what follows is between us and the registry.
  void open_tunnel(const std::stop_token& stop) {
    const std::string to = host_and_port(url_);
    const std::string request = "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n" + proxy_header(*proxy_) + "\r\n";
    http::response_parser<http::empty_body> answer;
    answer.header_limit(kMaxHead);
    answer.skip(true);
    error_code error = wait(stop, [&](auto done) {
      asio::async_write(lowest(), asio::buffer(request), [done](error_code e, size_t) { done(e); });
    });
    if (!error) {
      error = wait(stop, [&](auto done) {
        http::async_read_header(lowest(), buffer_, answer, [done](error_code e, size_t) { done(e); });
      });
    }
    const std::string who = "the proxy " + proxy_->url.origin();
    if (error) throw Unreachable(ErrorKind::kUnavailable, who + " gives no answer: " + text_of(error));
    const unsigned status = answer.get().result_int();
    if (status / 100 == 2 && buffer_.size() == 0) return;
    Unreachable refused(status / 100 == 4 ? ErrorKind::kDenied : ErrorKind::kUnavailable,
                        who + " does not lead to " + url_.origin() + " (" + std::to_string(status) + ")");
    if (status == 407) refused.with_hint("it asks for a login: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT");
    throw refused;
  }

  // Starts an operation and runs the loop until it is done. After a request to stop the connection is of no further
  // use.
  template <typename Start>
  error_code wait(const std::stop_token& stop, Start start) {
    error_code result;
    bool finished = false;
    {
      lowest().expires_after(timeout_);
      start([&](error_code e) {
        result = e;
        finished = true;
      });
      const std::stop_callback cancel(stop, [this] { asio::post(io_, [this] { lowest().close(); }); });
      io_.restart();
      while (!finished) io_.run_one();
    }
    throw_if_stopped(stop);
    return result;
  }

  void shake_hands(const std::stop_token& stop) {
    if (!is_address(url_.host)) ::SSL_set_tlsext_host_name(secure_->native_handle(), url_.host.c_str());
    secure_->set_verify_callback(ssl::host_name_verification(url_.host));
    const error_code error = wait(stop, [&](auto done) { secure_->async_handshake(ssl::stream_base::client, done); });
    if (!error) return;
    const long verdict = ::SSL_get_verify_result(secure_->native_handle());
    if (verdict != X509_V_OK) {
      Unreachable refused(ErrorKind::kDenied, "the certificate of " + url_.origin() +
                                                  " can't be trusted: " + ::X509_verify_cert_error_string(verdict));
      refused.with_hint("registries.json can name a file with the authority's certificate: \"" + url_.authority() +
                        "\": {\"ca\": \"/path\"}");
      throw refused;
    }
    Unreachable refused(ErrorKind::kUnavailable, "no TLS with " + url_.origin() + ": " + text_of(error));
    refused.with_hint("if this registry speaks plain HTTP, registries.json must say so: \"" + url_.authority() +
                      "\": {\"insecure\": true}");
    throw refused;
  }

  Url url_;
  std::optional<Proxy> proxy_;
  std::chrono::milliseconds timeout_;
  std::shared_ptr<ssl::context> tls_;
  asio::io_context io_{1};
  std::optional<PlainStream> plain_;
  std::optional<TlsStream> secure_;
  // Heads have limits in Beast. What stands between chunks has none, but for this one.
  beast::flat_buffer buffer_{kRead};
};

}  // namespace

class HttpClient::Pool {
 public:
  Pool(std::chrono::milliseconds timeout, CaFileOf ca_file, ProxyTable proxies)
      : timeout_(timeout), ca_file_(std::move(ca_file)), proxies_(std::move(proxies)) {}

  std::unique_ptr<Connection> take(const Url& url) {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const auto& idle) { return idle->url().same_origin(url); });
    if (found == idle_.end()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(*found);
    idle_.erase(found);
    return connection;
  }
  void give_back(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(connection));
  }
  std::unique_ptr<Connection> open(const Url& url, const std::stop_token& stop) {
    auto connection =
        std::make_unique<Connection>(url, proxies_.proxy_for(url), timeout_, url.tls ? tls_context(url) : nullptr);
    connection->open(stop);
    return connection;
  }

 private:
  std::shared_ptr<ssl::context> tls_context(const Url& url) {
    const std::string file = ca_file_(url);
    const std::lock_guard lock(mutex_);
    std::shared_ptr<ssl::context>& context = contexts_[file];
    if (!context) context = make_tls_context(file);
    return context;
  }

  const std::chrono::milliseconds timeout_;
  const CaFileOf ca_file_;
  const ProxyTable proxies_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::map<std::string, std::shared_ptr<ssl::context>> contexts_;
};

namespace {

class LiveHttpExchange : public HttpExchange {
  using Clock = std::chrono::steady_clock;

 public:
  LiveHttpExchange(std::shared_ptr<HttpClient::Pool> pool, std::unique_ptr<Connection> connection, std::stop_token stop)
      : pool_(std::move(pool)), connection_(std::move(connection)), stop_(std::move(stop)) {}

  void send(const HttpRequest& request) {
    // A request without a stream is one write, so that it is one packet.
    error_code error = connection_->write(connection_->head_of(request) + request.body, stop_);
    std::string piece(request.stream ? kPiece : 0, '\0');
    for (std::uint64_t left = request.stream ? request.stream_size : 0; left > 0 && !error;) {
      const size_t got = request.stream(piece.data(), static_cast<size_t>(std::min<std::uint64_t>(left, piece.size())));
      if (got == 0) throw Error(ErrorKind::kInternal, "the source of an upload ended early");
      error = connection_->write({piece.data(), got}, stop_);
      left -= got;
    }
    const bool sent = !error;
    if (error == beast::error::timeout) throw broken(error);
    read_head(request.method == "HEAD");
    if (!sent && head_.status < 300) throw broken(error);
    if (parser_->is_done()) release(sent);
  }

  const HttpHead& head() const override { return head_; }

  size_t read(char* buffer, size_t size) override {
    if (!connection_) return 0;
    auto& body = parser_->get().body();
    waits_since_ = Clock::now();  // the time between two calls is the caller's
    for (;;) {
      body.data = buffer;
      body.size = size;
      body.more = true;
      error_code error = connection_->read_some(*parser_, stop_);
      if (error == http::error::need_buffer) error = {};
      if (error) throw broken(error);
      const size_t got = size - body.size;
      check_rate(got);
      if (parser_->is_done()) release(true);
      if (got > 0 || !connection_) return got;
    }
  }

 private:
  void read_head(bool without_body) {
    for (int i = 0; i < kMaxInterim; ++i) {
      parser_.emplace();
      parser_->header_limit(kMaxHead);
      parser_->body_limit(boost::none);
      parser_->skip(without_body);
      if (const error_code error = connection_->read_header(*parser_, stop_)) throw broken(error);
      if (parser_->get().result_int() >= 200) break;
    }
    const auto& message = parser_->get();
    head_.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      std::string& value = head_.headers[to_lower(std::string_view(field.name_string()))];
      if (!value.empty()) value += ", ";
      value += std::string_view(field.value());
    }
  }

  Error broken(const error_code& error) const {
    const std::string why =
        error == http::error::partial_message ? "the answer is cut short" : connection_->text_of(error);
    const ErrorKind kind = error == beast::error::timeout ? ErrorKind::kTimeout : ErrorKind::kUnavailable;
    return {kind, "the connection to " + connection_->url().origin() + " broke: " + why};
  }

  void check_rate(size_t got) {
    window_bytes_ += got;
    const Clock::time_point now = Clock::now();
    waited_ += now - std::exchange(waits_since_, now);
    if (window_bytes_ >= kLeastBytes) {
      waited_ = {};
      window_bytes_ = 0;
    } else if (!parser_->is_done() && waited_ > 4 * connection_->timeout()) {
      throw Error(ErrorKind::kTimeout, connection_->url().origin() + " sends too slowly");
    }
  }

  void release(bool reusable) {
    const bool again = reusable && parser_->keep_alive() && !connection_->has_surplus();
    if (again) pool_->give_back(std::move(connection_));
    connection_.reset();
  }

  std::shared_ptr<HttpClient::Pool> pool_;
  std::unique_ptr<Connection> connection_;  // null when the answer has been read
  std::stop_token stop_;
  std::optional<Parser> parser_;
  HttpHead head_;
  Clock::time_point waits_since_;
  Clock::duration waited_{};  // for the window's bytes
  std::uint64_t window_bytes_ = 0;
};

}  // namespace

HttpClient::HttpClient(std::chrono::milliseconds timeout, CaFileOf ca_file, ProxyTable proxies)
    : pool_(std::make_shared<Pool>(timeout, std::move(ca_file), std::move(proxies))) {}

HttpClient::~HttpClient() = default;

std::unique_ptr<HttpExchange> HttpClient::send(const HttpRequest& request, std::stop_token stop) {
  // The other side may have closed an idle connection in the meantime: then a new one is tried. A stream can't be read
  // twice, it always gets a new one.
  while (std::unique_ptr<Connection> idle = request.stream ? nullptr : pool_->take(request.url)) {
    try {
      auto exchange = std::make_unique<LiveHttpExchange>(pool_, std::move(idle), stop);
      exchange->send(request);
      return exchange;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnavailable) throw;
    }
  }
  auto exchange = std::make_unique<LiveHttpExchange>(pool_, pool_->open(request.url, stop), stop);
  exchange->send(request);
  return exchange;
}

}  // namespace minibox::registry
