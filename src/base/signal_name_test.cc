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
  EXPECT_EQ(signal_name(33), "33");  // of the C library, without a name
}

TEST(SignalName, RealTimeSignalsCountFromEitherEnd) {
  for (const char* text : {"RTMIN", "SIGRTMIN", "rtmin", "SIGRTMIN+0", "RTMAX-30"}) {
    EXPECT_EQ(parse_signal(text), SIGRTMIN) << text;
  }
  for (const char* text : {"RTMAX", "SIGRTMAX", "sigrtmax-0", "RTMIN+30"})
    EXPECT_EQ(parse_signal(text), SIGRTMAX) << text;
  EXPECT_EQ(parse_signal("SIGRTMIN+3"), 37);  // what stops systemd
  EXPECT_EQ(parse_signal("RTMAX-2"), 62);
  for (const char* text :
       {"RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN3", "RTMIN+-1", "RTMIN++1", "RT"}) {
    EXPECT_FALSE(parse_signal(text)) << text;
  }
  EXPECT_EQ(signal_name(34), "SIGRTMIN");
  EXPECT_EQ(signal_name(49), "SIGRTMIN+15");
  EXPECT_EQ(signal_name(50), "SIGRTMAX-14");
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) EXPECT_EQ(parse_signal(signal_name(number)), number);
}

}  // namespace
}  // namespace minibox
