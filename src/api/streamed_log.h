// The log of a call as the body of its answer, line by line. The answer begins with the first line, so that everything
// refused before it is an ordinary 4xx.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "api/http.h"

namespace minibox::api {

class StreamedLog {
 public:
  explicit StreamedLog(Exchange& exchange) : exchange_(exchange) {}

  void write(const std::string& line);  // any thread
  bool begun() const { return begun_; }

 private:
  Exchange& exchange_;
  std::once_flag once_;
  std::atomic<bool> begun_ = false;
};

// Runs `work`, which writes lines. The last line is `done`, or `failed` and why; the trailer's status says the same. An
// Error before the first line leaves. `tag` goes before the line with the hint.
struct LogWords {
  std::string done;    // "Build completed successfully"
  std::string failed;  // "Build failed: "
  std::string tag;     // "[build] "
};
using LoggedWork = std::function<void(const std::function<void(const std::string& line)>& log)>;
void stream_log(Exchange& exchange, const LogWords& words, const LoggedWork& work);

}  // namespace minibox::api
