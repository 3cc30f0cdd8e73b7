#include "runtime/shim/client_stream.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/stream_pair.h"

namespace minibox::runtime::shim {
namespace {

using ::testing::ElementsAre;

std::string frame(wire::Stream stream, std::string_view payload) {
  const wire::FrameHeader header = wire::make_frame_header(stream, static_cast<std::uint32_t>(payload.size()));
  return std::string(header.begin(), header.end()).append(payload);
}

class ClientStreamTest : public ::testing::Test {
 protected:
  ClientStreamTest() {
    auto [mine, theirs] = sys::make_stream_pair();
    peer_ = std::move(mine);
    stream_ = ClientStream(std::move(theirs), true);
  }
  Wishes tell(const std::string& bytes) {
    EXPECT_EQ(::send(peer_.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return stream_.receive();
  }
  std::string heard() {
    char buffer[4096];
    const ssize_t got = ::recv(peer_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return {buffer, got > 0 ? static_cast<size_t>(got) : 0};
  }

  sys::Fd peer_;
  ClientStream stream_;
};

TEST_F(ClientStreamTest, FramesMayComeInAnyPieces) {
  const std::string bytes = frame(wire::Stream::kSignal, "\x0f") + frame(wire::Stream::kStdin, "typed") +
                            frame(wire::Stream::kResize, wire::print_count(wire::terminal_size(40, 100)));
  std::vector<int> signals;
  std::optional<std::uint32_t> size;
  for (const char byte : bytes) {
    const Wishes wishes = tell(std::string(1, byte));
    signals.insert(signals.end(), wishes.signals.begin(), wishes.signals.end());
    if (wishes.size) size = wishes.size;
  }
  EXPECT_THAT(signals, ElementsAre(15));
  EXPECT_EQ(stream_.input(), "typed");
  EXPECT_EQ(size, std::uint32_t{40} << 16 | 100);
}

TEST_F(ClientStreamTest, InputThatIsTakenIsReported) {
  tell(frame(wire::Stream::kStdin, "typed"));
  stream_.input_taken(3);
  EXPECT_EQ(stream_.input(), "ed");
  EXPECT_EQ(heard(), frame(wire::Stream::kInputTaken, wire::print_count(3)));
  EXPECT_FALSE(stream_.input_ended());
  tell(frame(wire::Stream::kStdin, ""));
  EXPECT_FALSE(stream_.input_ended());
  stream_.input_taken(2);
  EXPECT_TRUE(stream_.input_ended());
}

TEST_F(ClientStreamTest, WhoSendsMoreThanTheWindowIsDropped) {
  const std::string part = frame(wire::Stream::kStdin, std::string(8000, 'x'));
  for (size_t sent = 8000; sent <= wire::kInputWindow; sent += 8000) {
    tell(part);
    EXPECT_TRUE(stream_.attached());
  }
  tell(part);
  EXPECT_FALSE(stream_.attached());
}

TEST_F(ClientStreamTest, WhoAnnouncesTooLongAFrameIsDropped) {
  const wire::FrameHeader header = wire::make_frame_header(wire::Stream::kStdin, wire::kMaxPayload + 1);
  tell(std::string(header.begin(), header.end()));
  EXPECT_FALSE(stream_.attached());
}

TEST_F(ClientStreamTest, SignalsAndSizesOfAnotherLengthAreNoWishes) {
  const Wishes wishes = tell(frame(wire::Stream::kSignal, "") + frame(wire::Stream::kSignal, "ab") +
                             frame(wire::Stream::kResize, "abc") + frame(static_cast<wire::Stream>(99), "?"));
  EXPECT_TRUE(wishes.signals.empty());
  EXPECT_FALSE(wishes.size);
  EXPECT_TRUE(stream_.attached());
}

TEST_F(ClientStreamTest, AHalfClosedClientStillListens) {
  ::shutdown(peer_.get(), SHUT_WR);
  stream_.receive();
  EXPECT_TRUE(stream_.attached());
  EXPECT_FALSE(stream_.wants_read());
  EXPECT_TRUE(stream_.input_ended());
  stream_.send(wire::Stream::kStdout, "out");
  EXPECT_EQ(heard(), frame(wire::Stream::kStdout, "out"));
}

TEST_F(ClientStreamTest, WhatTheSocketDoesNotTakeWaits) {
  const std::string bulk(wire::kMaxPayload, 'x');
  for (int i = 0; i < 100 && !stream_.wants_write(); ++i) stream_.send(wire::Stream::kStdout, bulk);
  EXPECT_TRUE(stream_.wants_write());
  peer_.reset();
  stream_.flush();
  EXPECT_FALSE(stream_.attached());
  EXPECT_FALSE(stream_.wants_write());
}

TEST_F(ClientStreamTest, ARawClientsBytesAreInputAndItIsNotReadWhileMuchWaits) {
  auto [mine, theirs] = sys::make_stream_pair();
  ClientStream raw(std::move(theirs), false);
  const std::string bulk(wire::kInputWindow + 1, 'x');
  ASSERT_EQ(::send(mine.get(), bulk.data(), bulk.size(), 0), static_cast<ssize_t>(bulk.size()));
  while (raw.wants_read() && raw.input().size() < bulk.size()) raw.receive();
  EXPECT_FALSE(raw.wants_read());
  raw.input_taken(raw.input().size());
  EXPECT_TRUE(raw.wants_read());
  raw.send(wire::Stream::kStdout, "out");
  char buffer[8];
  EXPECT_EQ(::recv(mine.get(), buffer, sizeof buffer, MSG_DONTWAIT), 3);
}

}  // namespace
}  // namespace minibox::runtime::shim
