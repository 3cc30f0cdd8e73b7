#include "runtime/shim/protocol.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string_view>

#include "runtime/child/setup_steps.h"

namespace minibox::runtime {
namespace {

TEST(Protocol, MessagesComeBackWhole) {
  const Message message{MessageType::kLaunch, {"", "a", std::string(70'000, 'x')}};
  const Message parsed = Message::parse(message.print());
  EXPECT_EQ(parsed.type, message.type);
  EXPECT_EQ(parsed.fields, message.fields);
}

TEST(Protocol, AnErrorCrossesUnchanged) {
  Error error = Error::from_errno("mount('/x')", EBUSY);
  error.add_context("mount file systems").with_hint("try again").with_exit_code(126).with_kind(ErrorKind::kConflict);
  const Error back = error_from(Message::parse(error_message(MessageType::kFailed, error).print()));
  EXPECT_EQ(back.text(), error.text());
  EXPECT_EQ(back.hint(), error.hint());
  EXPECT_EQ(back.kind(), error.kind());
  EXPECT_EQ(back.exit_code(), 126);
}

TEST(Protocol, CutMessagesAreRefused) {
  const std::string bytes = Message{MessageType::kStarted, {"12", "name"}}.print();
  for (size_t size = 0; size < bytes.size(); ++size) {
    if (size == 1 || size == 7) continue;  // whole messages of fewer fields
    EXPECT_THROW(Message::parse(bytes.substr(0, size)), Error) << size;
  }
  EXPECT_THROW(Message::parse("\x7f"), Error);
}

// The order is a security property: see the comments in setup_steps.cc.
std::vector<std::string_view> steps_of(child::Occasion occasion) {
  std::vector<std::string_view> names;
  for (const child::SetupStep& step : child::setup_steps()) {
    if (step.occasion == child::Occasion::kAny || step.occasion == occasion) names.emplace_back(step.name);
  }
  return names;
}

TEST(SetupSteps, OrderIsPinned) {
  const std::vector<std::string_view> order = {"join the cgroup",
                                               "become root of the user namespace",
                                               "end with the shim",
                                               "make mounts private",
                                               "attach the root file system",
                                               "enter the cgroup namespace",
                                               "mount file systems",
                                               "mask paths",
                                               "make paths read-only",
                                               "pivot to the root file system",
                                               "close other descriptors",
                                               "set the host name",
                                               "open the terminal",
                                               "bind the console",
                                               "enter the working directory",
                                               "make the root read-only",
                                               "find the program",
                                               "set resource limits",
                                               "drop the bounding set",
                                               "switch to the user",
                                               "set capabilities",
                                               "stay out of reach",
                                               "end with the shim",
                                               "forbid new privileges",
                                               "close other descriptors",
                                               "give back memory",
                                               "load the seccomp filter",
                                               "verify the confinement"};
  EXPECT_EQ(steps_of(child::Occasion::kLaunch), order);
}

TEST(SetupSteps, AnExecTakesEveryStepThatConfinesAProcess) {
  const std::vector<std::string_view> order = {
      "join the cgroup",         "enter the container",   "become root of the user namespace",
      "end with the shim",       "open the terminal",     "enter the working directory",
      "find the program",        "set resource limits",   "drop the bounding set",
      "switch to the user",      "set capabilities",      "stay out of reach",
      "end with the shim",       "forbid new privileges", "close other descriptors",
      "load the seccomp filter", "verify the confinement"};
  EXPECT_EQ(steps_of(child::Occasion::kExec), order);
}

}  // namespace
}  // namespace minibox::runtime
