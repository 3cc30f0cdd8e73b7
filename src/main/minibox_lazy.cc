// minibox-lazy: shows layers that have not been unpacked yet (lazy/server.h). Spawned by miniboxd with its control
// socket as descriptor 3; not for use by hand.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/error.h"
#include "lazy/server.h"

int main() {
  constexpr int kControl = 3;
  try {
    minibox::sys::Fd control(kControl);
    minibox::sys::set_cloexec(control, true);
    minibox::lazy::serve_lazy_layers(std::move(control), [](minibox::sys::Fd log) {
      ::dup2(log.get(), STDERR_FILENO);
      const auto logger = spdlog::stderr_logger_mt("minibox-lazy");
      logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
      return [logger](const std::string& line) { logger->warn("{}", line); };
    });
    return 0;
  } catch (const std::exception& error) {
    spdlog::error("minibox-lazy: {}", error.what());
    return 1;
  }
}
