// epoll(7), eventfd(2) and inotify(7) behind small owners.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

Fd make_eventfd();
void signal_eventfd(const Fd& event) noexcept;

Fd make_epoll();
void epoll_add_oneshot(const Fd& epoll, const Fd& fd, std::uint64_t key);  // readable or closed, reported once
std::vector<std::uint64_t> epoll_wait_keys(const Fd& epoll);               // blocks

// Readable when a file in the directory was written to, made, or renamed within it.
Fd watch_directory(const std::string& path);
void drain_watch(const Fd& watch);

// Blocks until one of the two is readable; true for the first.
bool wait_either(const Fd& first, const Fd& second);

}  // namespace minibox::sys
