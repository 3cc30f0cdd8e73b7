#include "registry/name_lookup.h"

#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/cancellation.h"
#include "base/error.h"

namespace minibox::registry {
namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;

// Belongs to the caller and the thread, whoever lasts longer.
struct Lookup {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool is_over = false;
  int status = 0;  // getaddrinfo()'s
  std::vector<Endpoint> found;
};

int ask(const std::string& host, std::uint16_t port, std::vector<Endpoint>& found) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  if (const int status = ::getaddrinfo(host.c_str(), nullptr, &wanted, &first); status != 0) return status;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(first, ::freeaddrinfo);
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    Endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen, reinterpret_cast<char*>(endpoint.data()));
    endpoint.port(port);
    found.push_back(endpoint);
  }
  return 0;
}

void run(Lookup& lookup, const std::string& host, std::uint16_t port) {
  std::vector<Endpoint> found;
  int status = EAI_MEMORY;
  try {
    status = ask(host, port, found);
  } catch (const std::bad_alloc&) {
    // As the status says.
  }
  const std::lock_guard lock(lookup.mutex);
  lookup.status = status;
  lookup.found = std::move(found);
  lookup.is_over = true;
  lookup.changed.notify_all();
}

}  // namespace

std::vector<Endpoint> look_up(const Url& url, std::chrono::milliseconds timeout, const std::stop_token& stop) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(url.host, no_address);
  if (!no_address) return {{address, url.port}};
  const auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host = url.host, port = url.port] { run(*lookup, host, port); }).detach();
  std::unique_lock lock(lookup->mutex);
  lookup->changed.wait_for(lock, stop, timeout, [&] { return lookup->is_over; });
  throw_if_stopped(stop);
  if (!lookup->is_over) {
    throw Error(ErrorKind::kTimeout, "no name server answers within " + std::to_string(timeout.count()) + " ms");
  }
  if (lookup->status != 0) throw Error(ErrorKind::kUnavailable, ::gai_strerror(lookup->status));
  return std::move(lookup->found);
}

}  // namespace minibox::registry
