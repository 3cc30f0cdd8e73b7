#include "engine/restart_policy.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/engine_state.h"

namespace minibox::engine {
namespace {

using std::chrono::milliseconds;

TEST(RestartPolicy, ReadsWhatDockerReads) {
  EXPECT_EQ(RestartPolicy::parse("").kind, RestartPolicy::Kind::kNo);
  EXPECT_EQ(RestartPolicy::parse("no").kind, RestartPolicy::Kind::kNo);
  EXPECT_EQ(RestartPolicy::parse("always").kind, RestartPolicy::Kind::kAlways);
  EXPECT_EQ(RestartPolicy::parse("unless-stopped").kind, RestartPolicy::Kind::kUnlessStopped);
  EXPECT_EQ(RestartPolicy::parse("on-failure").max_restarts, 0);
  EXPECT_EQ(RestartPolicy::parse("on-failure:3").max_restarts, 3);
}

TEST(RestartPolicy, RefusesAnythingElse) {
  for (const char* text :
       {"on", "Always", "always:3", "on-failure:", "on-failure:0", "on-failure:-1", "on-failure:x"}) {
    EXPECT_THROW(RestartPolicy::parse(text), Error) << text;
  }
}

TEST(RestartPolicy, OnFailureCountsAndLooksAtTheStatus) {
  const RestartPolicy policy = RestartPolicy::parse("on-failure:2");
  EXPECT_TRUE(policy.restarts({.exit_code = 1}));
  EXPECT_TRUE(policy.restarts({.exit_code = 137, .restart_count = 1}));
  EXPECT_FALSE(policy.restarts({.exit_code = 1, .restart_count = 2}));
  EXPECT_FALSE(policy.restarts({.exit_code = 0}));
}

TEST(RestartPolicy, NothingRestartsWhatSomebodyHasStopped) {
  for (const char* text : {"on-failure", "always", "unless-stopped"}) {
    EXPECT_FALSE(RestartPolicy::parse(text).restarts({.exit_code = 143, .stopped = true})) << text;
    EXPECT_TRUE(RestartPolicy::parse(text).restarts({.exit_code = 143})) << text;
  }
}

TEST(RestartPolicy, OnlyAlwaysIsStartedWithTheDaemonAfterAStop) {
  const LastEnd stopped{.exit_code = 143, .stopped = true};
  EXPECT_TRUE(RestartPolicy::parse("always").restarts_with_daemon(stopped));
  EXPECT_FALSE(RestartPolicy::parse("unless-stopped").restarts_with_daemon(stopped));
  EXPECT_FALSE(RestartPolicy::parse("no").restarts_with_daemon({.exit_code = 1}));
  EXPECT_TRUE(RestartPolicy::parse("unless-stopped").restarts_with_daemon({.exit_code = -1}));
}

TEST(RestartPolicy, DelayDoublesUpToAMinute) {
  EXPECT_EQ(restart_delay(0), milliseconds(100));
  EXPECT_EQ(restart_delay(1), milliseconds(200));
  EXPECT_EQ(restart_delay(9), milliseconds(51'200));
  EXPECT_EQ(restart_delay(10), milliseconds(60'000));
  EXPECT_EQ(restart_delay(4'000'000'000), milliseconds(60'000));
}

TEST(RestartPolicy, AStopGoesOnWhereItCannotBeWrittenDown) {
  Container container;
  container.record.request.restart = "always";
  container.directory = "/proc/self/no-such-directory";
  mark_stopped(container);
  EXPECT_TRUE(container.record.stopped);
  EXPECT_FALSE(wants_restart(container));
}

}  // namespace
}  // namespace minibox::engine
