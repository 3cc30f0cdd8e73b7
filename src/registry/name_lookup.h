// The addresses of a host, by the system's resolver.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "registry/url.h"

namespace minibox::registry {

// getaddrinfo() has neither a deadline nor an end before its own, which is minutes away when name servers are silent:
// it runs on a thread that is left to itself when it takes too long. Any thread may call. kUnavailable; kTimeout;
// kCancelled.
std::vector<boost::asio::ip::tcp::endpoint> look_up(const Url& url, std::chrono::milliseconds timeout,
                                                    const std::stop_token& stop);

}  // namespace minibox::registry
