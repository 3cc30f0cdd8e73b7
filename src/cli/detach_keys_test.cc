#include "cli/detach_keys.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace minibox::cli {
namespace {

TEST(DetachKeys, TheSequenceDetachesAndIsNotForTheProgram) {
  DetachKeys keys(kDefaultDetachKeys);
  EXPECT_EQ(keys.filter("ab\x10"), "ab");
  EXPECT_FALSE(keys.detached());
  EXPECT_EQ(keys.filter("\x11more"), "");
  EXPECT_TRUE(keys.detached());
}

TEST(DetachKeys, ABrokenSequenceReachesTheProgramWhole) {
  DetachKeys keys(kDefaultDetachKeys);
  EXPECT_EQ(keys.filter("\x10"), "");
  EXPECT_EQ(keys.filter("x"), "\x10x");
  EXPECT_EQ(keys.filter("\x10\x10"), "\x10");
  EXPECT_EQ(keys.filter("\x11"), "");
  EXPECT_TRUE(keys.detached());
}

TEST(DetachKeys, OverlappingBeginningsAreNotLost) {
  DetachKeys keys("a,a,b");
  EXPECT_EQ(keys.filter("aaab"), "a");
  EXPECT_TRUE(keys.detached());
  DetachKeys twice("a,b,a,c");
  EXPECT_EQ(twice.filter("ababac"), "ab");
  EXPECT_TRUE(twice.detached());
}

TEST(DetachKeys, WithoutKeysNothingIsKeptBack) {
  DetachKeys keys("");
  EXPECT_EQ(keys.filter("\x10\x11"), "\x10\x11");
  EXPECT_FALSE(keys.detached());
}

TEST(DetachKeys, WhatIsNoKeyIsRefused) {
  for (const char* words : {"ctrl-", "ctrl-1", "ctrlp", "a,,b", "ctrl-p,"})
    EXPECT_THROW(DetachKeys{words}, Error) << words;
  DetachKeys special("ctrl-@,ctrl-_,x");
  EXPECT_EQ(special.filter(std::string_view("\0\x1fx", 3)), "");
  EXPECT_TRUE(special.detached());
}

}  // namespace
}  // namespace minibox::cli
