// The client of registries against servers that mean it ill, byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <thread>

#include "registry/http_client.h"
#include "server_fixture.h"

namespace minibox::test {
namespace {

using registry::HttpClient;
using std::chrono::milliseconds;

// Answers one connection with what `answer` writes.
class HostileServer {
 public:
  explicit HostileServer(std::function<void(const sys::Fd& client)> answer)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, answer = std::move(answer)] {
      const sys::Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      read_until(client, "\r\n\r\n");  // closing would take back what was sent, as long as the request is unread
      answer(client);
    });
  }
  ~HostileServer() { ::shutdown(listener_.get(), SHUT_RDWR); }  // if nobody came

  registry::HttpRequest request() const {
    registry::HttpRequest request;
    request.url = registry::Url::parse("http://127.0.0.1:" + std::to_string(port_) + "/");
    return request;
  }

 private:
  sys::Fd listener_;
  int port_ = 0;
  std::jthread thread_;
};

bool write(const sys::Fd& client, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Of the whole body, or the error's text.
std::string fetch(const HostileServer& server, milliseconds timeout) {
  HttpClient client(timeout, [](const registry::Url&) { return ""; }, {});
  try {
    return client.send(server.request(), {})->read_all(1u << 20);
  } catch (const Error& error) {
    return error.text();
  }
}

constexpr std::string_view kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr milliseconds kPatient{20'000};

TEST(HttpClientTest, ABodyInChunksIsReadWithTheirExtensions) {
  const HostileServer server([](const sys::Fd& client) {
    write(client,
          std::string(kChunked) + "5;name=value\r\nhello\r\n0\r\nTrailer: " + std::string(60'000, 'a') + "\r\n\r\n");
  });
  EXPECT_EQ(fetch(server, kPatient), "hello");
}

// Story: a chunk that never begins is no part of the body, and all that stands before it was kept. Of a trailer with a
// field of more than 64 KiB Beast throws what is no Error.
TEST(HttpClientTest, WhatStandsBetweenChunksIsBounded) {
  for (const std::string_view begin : {"5;name=", "0\r\nTrailer: "}) {
    const HostileServer server([&](const sys::Fd& client) {
      write(client, std::string(kChunked) + std::string(begin) + std::string(70'000, 'a') + "\r\n");
      write(client, begin.starts_with('5') ? "hello\r\n0\r\n\r\n" : "\r\n");
    });
    EXPECT_THAT(fetch(server, kPatient), testing::HasSubstr("buffer overflow")) << begin;
  }
}

// Each byte comes in time, and the whole would take for ever. Whoever drips stops when the client has left.
TEST(HttpClientTest, AServerThatDripsIsGivenUp) {
  constexpr int kBytes = 300;
  const HostileServer server([](const sys::Fd& client) {
    write(client, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBytes) + "\r\n\r\n");
    pollfd left{.fd = client.get(), .events = POLLRDHUP, .revents = 0};
    for (int i = 0; i < kBytes && ::poll(&left, 1, 30) == 0 && write(client, "a"); ++i) {
    }
  });
  EXPECT_THAT(fetch(server, milliseconds(400)), testing::HasSubstr("sends too slowly"));
}

}  // namespace
}  // namespace minibox::test
