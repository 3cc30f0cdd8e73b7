// run --restart: whether a container that has ended is started again, and after how long. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace minibox::engine {

struct LastEnd {
  int exit_code = 0;
  bool stopped = false;            // somebody has stopped or killed it
  std::int64_t restart_count = 0;  // since somebody has started it
};

struct RestartPolicy {
  enum class Kind { kNo, kOnFailure, kAlways, kUnlessStopped };
  Kind kind = Kind::kNo;
  std::int64_t max_restarts = 0;  // of kOnFailure; 0: no limit

  // "", "no", "on-failure[:times]", "always", "unless-stopped"; Error kInvalid.
  static RestartPolicy parse(const std::string& text);

  bool restarts(const LastEnd& end) const;              // it has just ended
  bool restarts_with_daemon(const LastEnd& end) const;  // it does not run, and the daemon has been started
};

// Before the next start, after `failures` lives in a row that were too short to count.
std::chrono::milliseconds restart_delay(unsigned failures);
inline constexpr std::chrono::seconds kLongLife{10};  // a life that counts: the delay begins anew

}  // namespace minibox::engine
