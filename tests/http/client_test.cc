#include "client/client.h"

#include <poll.h>

#include "base/error.h"
#include "server_fixture.h"

namespace minibox::test {
namespace {

class ClientTest : public ServerTest {
 protected:
  client::Client over(const std::string& url) const {
    return client::Client([url](const char* name) { return name == std::string("MINIBOX_API") ? url : std::string(); });
  }
  client::Client over_unix() const { return over("unix:" + socket_path()); }
};

TEST_F(ClientTest, TalksToBothSockets) {
  start();
  EXPECT_EQ(over(tcp_url()).ping(), "Daemon is running");
  EXPECT_EQ(over_unix().ping(), "Daemon is running");
}

TEST_F(ClientTest, ReadsEveryKindOfAnswer) {
  backend_.append_log("line\n");
  start();
  client::Client client = over_unix();
  EXPECT_EQ(client.list_containers().at("0a1b2c3d").name, "web");
  EXPECT_EQ(client.list_images().at(0).size_bytes, 1234567u);
  wire::RunRequest run;
  run.image = "seven";
  run.detached = true;
  EXPECT_EQ(client.run_detached(run, {}), "0a1b2c3d");
  std::string log;
  client.logs("web", {}, [&log](const client::Frame& frame) { log += frame.payload; });
  EXPECT_EQ(log, "line\n");
}

TEST_F(ClientTest, ErrorsComeBackAsTheyWereThrown) {
  start();
  wire::RunRequest run;
  run.image = "noexec";
  try {
    over_unix().run_foreground(run, {}).finish();
    FAIL() << "started";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_EQ(error.exit_code(), 127);
    EXPECT_EQ(error.hint(), "install it");
  }
}

TEST_F(ClientTest, UpgradedRunYieldsFramesInOrder) {
  start();
  wire::RunRequest run;
  run.image = "seven";
  client::FrameStream stream = over_unix().run_foreground(run, {}).finish().stream;
  std::vector<std::pair<wire::Stream, std::string>> frames;
  do {
    while (const auto frame = stream.next()) frames.emplace_back(frame->stream, frame->payload);
  } while (stream.fill());
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[0].first, wire::Stream::kTiming);
  EXPECT_EQ(frames[1], std::make_pair(wire::Stream::kStdout, std::string("out\n")));
  EXPECT_EQ(frames[2], std::make_pair(wire::Stream::kStderr, std::string("err\n")));
  EXPECT_EQ(frames[3], std::make_pair(wire::Stream::kExitStatus, std::string("\x07")));
}

}  // namespace
}  // namespace minibox::test
