// A registry's worst days: an HTTP proxy before a real one on this machine, which does to answers what its rules say.
//
//   fault_proxy PORT UPSTREAM_PORT RULES LOG [TOKEN USER:PASSWORD]
//
// RULES is read at each request; a line is NAME COUNT PATTERN ACTION [ARGUMENT...], and holds for the first COUNT
// requests whose "METHOD target" contains PATTERN; with "whole:" or "part:" before it, only those without or with a
// Range:
//   truncate N      the answer ends after N bytes of its body          corrupt        its first byte is another
//   stall N         it stops there until the client leaves             status N [HEADER: VALUE]
//   length N        Content-Length says N                              redirect ORIGIN   to the same target there
//   body FILE TYPE  FILE instead of the registry's answer              rewrite FROM TO   in the head of the answer
// LOG gets a line for each request: "METHOD target auth=Basic|Bearer|none range=...". With TOKEN, a target /token
// answers with that file to whoever has the password.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "base/base64.h"
#include "base/text.h"

namespace {

struct Rule {
  std::string name;
  int count = 0;
  std::string pattern;
  std::string action;
  std::string argument;  // the rest of the line
};

struct Message {
  std::string head;  // with the empty line
  std::string rest;  // of the body, as far as it came with the head

  std::string header(const std::string& name) const {
    std::istringstream lines(head);
    for (std::string line; std::getline(lines, line);) {
      const size_t colon = line.find(':');
      if (colon != std::string::npos && minibox::to_lower(line.substr(0, colon)) == name) {
        return std::string(minibox::trim(std::string_view(line).substr(colon + 1, line.find('\r') - colon - 1)));
      }
    }
    return {};
  }
  void set_header(const std::string& name, const std::string& value) {
    std::istringstream lines(head);
    std::string changed;
    for (std::string line; std::getline(lines, line) && line != "\r";) {
      if (minibox::to_lower(line.substr(0, line.find(':'))) != minibox::to_lower(name)) changed += line + "\n";
    }
    head = changed + name + ": " + value + "\r\n\r\n";
  }
};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  std::string read() const {
    std::string piece(64 * 1024, '\0');
    const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
    piece.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return piece;
  }
  std::optional<Message> read_message() const {
    Message message;
    for (;;) {
      if (const size_t end = message.head.find("\r\n\r\n"); end != std::string::npos) {
        message.rest = message.head.substr(end + 4);
        message.head.resize(end + 4);
        return message;
      }
      const std::string piece = read();
      if (piece.empty()) return std::nullopt;
      message.head += piece;
    }
  }
  void wait_until_closed() const {
    while (!read().empty()) {
    }
  }

 private:
  int fd_;
};

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return fd;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string answer(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" +
         headers + "\r\n" + body;
}

class Proxy {
 public:
  Proxy(int upstream, char** arguments, int count)
      : upstream_(upstream),
        rules_(arguments[0]),
        log_(arguments[1]),
        token_(count > 2 ? arguments[2] : ""),
        login_(count > 3 ? minibox::base64_encode(arguments[3]) : "") {}

  void serve(int fd) {
    const Socket client(fd);
    std::optional<Message> request = client.read_message();
    if (!request) return;
    const std::string what = request->head.substr(0, request->head.find(" HTTP/"));
    note(what, *request);
    if (what.find(" /token") != std::string::npos && !token_.empty()) {
      client.write(give_token(*request));
      return;
    }
    const Rule rule = take_rule(what, !request->header("range").empty());
    if (rule.action == "status") return refuse(client, rule);
    if (rule.action == "redirect") {
      client.write(answer("307 Temporary Redirect",
                          "Location: " + rule.argument + what.substr(what.find(' ') + 1) + "\r\n", ""));
      return;
    }
    if (rule.action == "body") return give_file(client, rule);
    relay(client, *request, rule, what.starts_with("HEAD "));
  }

 private:
  void note(const std::string& what, const Message& request) {
    const std::string authorization = request.header("authorization");
    const std::string scheme = authorization.empty() ? "none" : authorization.substr(0, authorization.find(' '));
    const std::lock_guard lock(mutex_);
    std::ofstream(log_, std::ios::app) << what << " auth=" << scheme << " range=" << request.header("range") << "\n";
  }

  static bool applies(std::string_view pattern, const std::string& what, bool part) {
    for (const std::string_view kind : {"whole:", "part:"}) {
      if (!pattern.starts_with(kind)) continue;
      if ((kind == "part:") != part) return false;
      pattern.remove_prefix(kind.size());
    }
    return what.find(pattern) != std::string::npos;
  }

  Rule take_rule(const std::string& what, bool part) {
    const std::lock_guard lock(mutex_);
    std::ifstream file(rules_);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      Rule rule;
      words >> rule.name >> rule.count >> rule.pattern >> rule.action >> std::ws;
      std::getline(words, rule.argument);
      if (!applies(rule.pattern, what, part) || used_[rule.name] >= rule.count) continue;
      ++used_[rule.name];
      return rule;
    }
    return {};
  }

  std::string give_token(const Message& request) const {
    if (request.header("authorization") != "Basic " + login_)
      return answer("401 Unauthorized", "", "{\"details\": \"wrong password\"}");
    return answer("200 OK", "Content-Type: application/json\r\n", read_file(token_));
  }

  static void refuse(const Socket& client, const Rule& rule) {
    const size_t blank = rule.argument.find(' ');
    const std::string header = blank == std::string::npos ? "" : rule.argument.substr(blank + 1) + "\r\n";
    client.write(answer(rule.argument.substr(0, blank) + " Refused", header, ""));
  }

  static void give_file(const Socket& client, const Rule& rule) {
    std::istringstream words(rule.argument);
    std::string file;
    std::string type;
    words >> file >> type;
    client.write(answer("200 OK", "Content-Type: " + type + "\r\n", read_file(file)));
  }

  void relay(const Socket& client, Message& request, const Rule& rule, bool head_only) const {
    const Socket registry(connect_to(upstream_));
    size_t left = std::strtoull(request.header("content-length").c_str(), nullptr, 10);
    request.set_header("Connection", "close");
    registry.write(request.head + request.rest);
    for (left -= std::min(left, request.rest.size()); left > 0;) {
      const std::string piece = client.read();
      if (piece.empty() || !registry.write(piece)) break;
      left -= std::min(left, piece.size());
    }
    std::optional<Message> response = registry.read_message();
    if (!response) return;
    response->set_header("Connection", "close");
    if (rule.action == "length") response->set_header("Content-Length", rule.argument);
    if (rule.action == "rewrite") rewrite(*response, rule.argument);
    client.write(response->head);
    if (!head_only) relay_body(client, registry, *response, rule);
  }

  static void rewrite(Message& response, const std::string& argument) {
    const std::string from = argument.substr(0, argument.find(' '));
    const std::string to = argument.substr(argument.find(' ') + 1);
    if (const size_t at = response.head.find(from); at != std::string::npos) response.head.replace(at, from.size(), to);
  }

  static void relay_body(const Socket& client, const Socket& registry, const Message& response, const Rule& rule) {
    const bool cuts = rule.action == "truncate" || rule.action == "stall";
    size_t allowed = cuts ? std::strtoull(rule.argument.c_str(), nullptr, 10) : SIZE_MAX;
    bool first = true;
    for (std::string piece = response.rest.empty() ? registry.read() : response.rest; !piece.empty() && allowed > 0;
         piece = registry.read()) {
      if (first && rule.action == "corrupt") piece[0] = static_cast<char>(piece[0] ^ 0x55);
      first = false;
      piece.resize(std::min(piece.size(), allowed));
      allowed -= piece.size();
      if (!client.write(piece)) return;
    }
    if (rule.action == "stall") client.wait_until_closed();
  }

  const int upstream_;
  const std::string rules_;
  const std::string log_;
  const std::string token_;
  const std::string login_;
  std::mutex mutex_;
  std::map<std::string, int> used_;
};

int listen_on(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 64) != 0) return -1;
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: fault_proxy PORT UPSTREAM_PORT RULES LOG [TOKEN USER:PASSWORD]\n";
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  const int listener = listen_on(std::atoi(argv[1]));
  if (listener < 0) {
    std::perror("fault_proxy: listen");
    return 1;
  }
  Proxy proxy(std::atoi(argv[2]), argv + 3, argc - 3);
  for (;;) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) std::thread([&proxy, client] { proxy.serve(client); }).detach();
  }
}
