// The log of a build.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "engine/engine.h"

namespace minibox::engine {

// Begins with the line that says what is built, whoever logs first. Any thread may.
class BuildLog {
 public:
  BuildLog(const LogSink& log, const std::string& image) : log_(log), image_(image) {}
  void operator()(const std::string& line) {
    begin();
    log_(line);
  }

 private:
  void begin() {
    const std::lock_guard lock(mutex_);  // while it is logged: nobody's line comes before it
    if (!std::exchange(begun_, true)) log_("[build] START image=" + image_);
  }

  const LogSink& log_;
  const std::string& image_;
  std::mutex mutex_;
  bool begun_ = false;
};

}  // namespace minibox::engine
