#include "wire/healthcheck.h"

#include "base/error.h"
#include "base/text.h"

namespace minibox::wire {

void check_health_test(const std::vector<std::string>& test, const std::string& what) {
  if (test.empty()) return;
  const std::string& kind = test.front();
  const bool good = (kind == "NONE" && test.size() == 1) || (kind == "CMD" && test.size() > 1 && !test[1].empty()) ||
                    (kind == "CMD-SHELL" && test.size() == 2 && !test[1].empty());
  if (good) return;
  throw Error(ErrorKind::kInvalid, what + ": " + quote(join(test, " ")) + " is no test of a health check")
      .with_hint(R"(["NONE"], ["CMD", "word", ...] or ["CMD-SHELL", "line for /bin/sh -c"])");
}

}  // namespace minibox::wire
