// A server over the fake backend on an ephemeral TCP port and a unix socket in a directory of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/http_server.h"
#include "fake_backend.h"
#include "sys/file.h"

namespace minibox::test {

class ServerTest : public ::testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  void start(api::ServerConfig config = {});
  std::string socket_path() const { return dir_.path() + "/minibox.sock"; }
  std::string tcp_url() const { return "http://" + server_->tcp_address(); }
  std::string logged() const;

  // The whole answer to one raw request over TCP (or the unix socket), read to the end of the connection.
  std::string exchange(const std::string& request, bool over_unix = false) const;
  sys::Fd connect(bool over_unix = false) const;
  // A request with the headers that the server insists on; more of them may be added.
  std::string request(const std::string& line, const std::string& headers = "", const std::string& body = "") const;

  sys::TempDir dir_{"/tmp", "minibox-http-test."};
  FakeBackend backend_;
  std::unique_ptr<api::HttpServer> server_;

 private:
  mutable std::mutex log_mutex_;
  std::string log_;
};

void send_text(const sys::Fd& fd, std::string_view text);
std::string read_to_end(const sys::Fd& fd);
// Reads until `text` has come; what was read.
std::string read_until(const sys::Fd& fd, const std::string& text);

}  // namespace minibox::test
