#include "sys/event.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace minibox::sys {

Fd make_eventfd() {
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) throw Error::from_errno("eventfd()", errno);
  return event;
}

void signal_eventfd(const Fd& event) noexcept {
  const std::uint64_t one = 1;
  // EAGAIN means the counter is full, so the reader is awake anyway.
  [[maybe_unused]] const ssize_t ignored = ::write(event.get(), &one, sizeof one);
}

Fd make_epoll() {
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) throw Error::from_errno("epoll_create1()", errno);
  return epoll;
}

void epoll_add_oneshot(const Fd& epoll, const Fd& fd, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  event.data.u64 = key;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0)
    throw Error::from_errno("epoll_ctl(EPOLL_CTL_ADD)", errno);
}

std::vector<std::uint64_t> epoll_wait_keys(const Fd& epoll) {
  std::array<epoll_event, 64> events{};
  int count = 0;
  do {
    count = ::epoll_wait(epoll.get(), events.data(), events.size(), -1);
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw Error::from_errno("epoll_wait()", errno);
  std::vector<std::uint64_t> keys;
  for (int i = 0; i < count; ++i) keys.push_back(events[static_cast<size_t>(i)].data.u64);
  return keys;
}

Fd watch_directory(const std::string& path) {
  Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch) throw Error::from_errno("inotify_init1()", errno);
  if (::inotify_add_watch(watch.get(), path.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVE_SELF) < 0) {
    throw Error::from_errno("inotify_add_watch('" + path + "')", errno);
  }
  return watch;
}

void drain_watch(const Fd& watch) {
  char buffer[4096];
  while (::read(watch.get(), buffer, sizeof buffer) > 0) {
  }
}

bool wait_either(const Fd& first, const Fd& second) {
  std::array<pollfd, 2> entries{{{first.get(), POLLIN, 0}, {second.get(), POLLIN, 0}}};
  while (::poll(entries.data(), entries.size(), -1) < 0) {
    if (errno != EINTR) throw Error::from_errno("poll()", errno);
  }
  return entries[0].revents != 0;
}

}  // namespace minibox::sys
