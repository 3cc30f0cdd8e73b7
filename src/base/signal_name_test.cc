#include "base/signal_name.h"

#include <gtest/gtest.h>

#include <csignal>

namespace minibox {
namespace {

TEST(SignalName, NamesAndNumbers) {
  for (const char* text : {"HUP", "SIGHUP", "hup", "Sighup", "1"}) EXPECT_EQ(parse_signal(text), SIGHUP) << text;
  EXPECT_EQ(parse_signal("64"), 64);
  for (const char* text : {"", "0", "65", "SIG", "NOPE", "-1", "9 "}) EXPECT_FALSE(parse_signal(text)) << text;
  EXPECT_EQ(signal_name(SIGUSR1), "SIGUSR1");
  EXPECT_EQ(signal_name(40), "40");
}

}  // namespace
}  // namespace minibox
