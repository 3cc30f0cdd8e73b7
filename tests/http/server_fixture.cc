#include "server_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "sys/listen_socket.h"

namespace minibox::test {

ServerTest::ServerTest() {
  backend_.log_path = dir_.path() + "/container.log";
}

ServerTest::~ServerTest() {
  backend_.end_log();
  server_.reset();
  backend_.join();
}

void ServerTest::start(api::ServerConfig config) {
  if (config.tcp_address.empty()) config.tcp_address = "127.0.0.1:0";
  config.socket_path = socket_path();
  config.log = [this](const std::string& line) {
    const std::lock_guard lock(log_mutex_);
    log_ += line + "\n";
  };
  server_ = std::make_unique<api::HttpServer>(backend_, std::move(config));
  server_->start();
}

std::string ServerTest::logged() const {
  const std::lock_guard lock(log_mutex_);
  return log_;
}

sys::Fd ServerTest::connect(bool over_unix) const {
  sys::Fd fd(::socket(over_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::strncpy(local.sun_path, socket_path().c_str(), sizeof local.sun_path - 1);
  sockaddr_in remote{};
  remote.sin_family = AF_INET;
  remote.sin_port = htons(sys::parse_tcp_address(server_->tcp_address()).port);
  remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = over_unix ? ::connect(fd.get(), reinterpret_cast<sockaddr*>(&local), sizeof local)
                               : ::connect(fd.get(), reinterpret_cast<sockaddr*>(&remote), sizeof remote);
  if (result != 0) throw Error::from_errno("connect()", errno);
  const timeval deadline{10, 0};  // an answer that never comes fails the test
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline) != 0) {
    throw Error::from_errno("setsockopt(SO_RCVTIMEO)", errno);
  }
  return fd;
}

std::string ServerTest::request(const std::string& line, const std::string& headers, const std::string& body) const {
  std::string text = line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers;
  if (!body.empty()) {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

std::string ServerTest::exchange(const std::string& text, bool over_unix) const {
  const sys::Fd fd = connect(over_unix);
  send_text(fd, text);
  return read_to_end(fd);
}

void send_text(const sys::Fd& fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw Error::from_errno("send()", errno);
    text.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string read_to_end(const sys::Fd& fd) {
  std::string text;
  char buffer[65536];
  while (const size_t got = sys::read_some(fd, buffer, sizeof buffer)) text.append(buffer, got);
  return text;
}

std::string read_until(const sys::Fd& fd, const std::string& wanted) {
  std::string text;
  char buffer[65536];
  while (text.find(wanted) == std::string::npos) {
    const size_t got = sys::read_some(fd, buffer, sizeof buffer);
    if (got == 0) break;
    text.append(buffer, got);
  }
  return text;
}

}  // namespace minibox::test
