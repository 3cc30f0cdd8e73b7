#include "engine/build_log.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>
#include <vector>

namespace minibox::engine {
namespace {

TEST(BuildLog, WhoeverLogsFirstTheFirstLineSaysWhatIsBuilt) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 300; ++round) {
    std::mutex mutex;
    std::vector<std::string> lines;
    const LogSink sink = [&](const std::string& line) {
      const std::lock_guard lock(mutex);
      lines.push_back(line);
    };
    const std::string image = "app";
    BuildLog log(sink, image);
    std::barrier start(kThreads);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        log("line");
      });
    }
    threads.clear();
    ASSERT_EQ(lines, (std::vector<std::string>{"[build] START image=app", "line", "line", "line", "line"}));
  }
}

}  // namespace
}  // namespace minibox::engine
