// poll(2) with names: add() what is waited for, wait() once, ask ready() by what add() returned.
#pragma once

#include <poll.h>

#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

class PollSet {
 public:
  // An invalid descriptor, or one that is not `active`, is never ready. Hang-ups are reported whatever `events` says.
  size_t add(const Fd& fd, short events, bool active = true) {
    entries_.push_back({active ? fd.get() : -1, events, 0});
    return entries_.size() - 1;
  }
  // False when it was interrupted or `timeout_ms` (-1: none) has passed; nothing is ready then.
  bool wait(int timeout_ms) {
    if (::poll(entries_.data(), entries_.size(), timeout_ms) > 0) return true;
    for (pollfd& entry : entries_) entry.revents = 0;
    return false;
  }
  short ready(size_t index) const { return entries_[index].revents; }

 private:
  std::vector<pollfd> entries_;
};

}  // namespace minibox::sys
