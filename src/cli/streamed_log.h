// Prints a log that the daemon streams as it comes, and remembers enough of its end to say why it failed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/build_log.h"

namespace minibox::cli {

class StreamedLog {
 public:
  using Write = std::function<void(std::string_view text)>;
  // `failed` begins the line that says why: "Build failed: ".
  StreamedLog(const Style& style, std::string failed, Write write)
      : painter_(style), failed_(std::move(failed)), write_(std::move(write)) {}

  void add(std::string_view bytes);
  void finish();
  std::string reason() const;  // ": <why>", or nothing

 private:
  BuildLogPainter painter_;
  std::string failed_;
  Write write_;
  std::string tail_;
};

}  // namespace minibox::cli
