#include "engine/restart_policy.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace minibox::engine {

RestartPolicy RestartPolicy::parse(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  RestartPolicy policy;
  if (name == "on-failure") {
    policy.kind = Kind::kOnFailure;
    if (colon == std::string::npos) return policy;
    const auto times = parse_int(text.substr(colon + 1), 1, INT32_MAX);
    if (!times) throw Error(ErrorKind::kInvalid, "restart policy " + quote(text) + ": not a number of times");
    policy.max_restarts = *times;
    return policy;
  }
  if (text.empty() || text == "no") return policy;
  if (text == "always") {
    policy.kind = Kind::kAlways;
  } else if (text == "unless-stopped") {
    policy.kind = Kind::kUnlessStopped;
  } else {
    throw Error(ErrorKind::kInvalid, "unknown restart policy " + quote(text))
        .with_hint("'no', 'on-failure[:TIMES]', 'always' and 'unless-stopped' are known");
  }
  return policy;
}

bool RestartPolicy::restarts(const LastEnd& end) const {
  if (end.stopped || kind == Kind::kNo) return false;
  if (kind != Kind::kOnFailure) return true;
  return end.exit_code != 0 && (max_restarts == 0 || end.restart_count < max_restarts);
}

bool RestartPolicy::restarts_with_daemon(const LastEnd& end) const {
  return kind == Kind::kAlways || restarts(end);
}

std::chrono::milliseconds restart_delay(unsigned failures) {
  constexpr std::chrono::milliseconds kFirst{100};
  constexpr std::chrono::milliseconds kLongest{60'000};
  constexpr unsigned kDoublings = 10;  // 102 s: more than the longest
  return std::min(kFirst * (1 << std::min(failures, kDoublings)), kLongest);
}

}  // namespace minibox::engine
