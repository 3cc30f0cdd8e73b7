// What came to the API after run, ps, logs and stop, through server and client.
#include "base/error.h"
#include "client/client.h"
#include "server_fixture.h"

namespace minibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class LifecycleTest : public ServerTest {
 protected:
  client::Client client() const {
    return client::Client([url = "unix:" + socket_path()](const char* name) {
      return name == std::string("MINIBOX_API") ? url : std::string();
    });
  }
};

std::string read_all(client::Download& download) {
  std::string bytes;
  char buffer[5000];
  while (const size_t got = download.read(buffer, sizeof buffer)) bytes.append(buffer, got);
  return bytes;
}

TEST_F(LifecycleTest, AnswersAreReadAsTheyWereGiven) {
  start();
  client::Client client = this->client();
  EXPECT_EQ(client.inspect_container("web"), "{\"Id\":\"0a1b2c3d\"}\n");
  EXPECT_EQ(client.stats("web").memory_usage, 1536 << 10);
  EXPECT_EQ(client.top("web").at(0).host_pid, 4711);
  EXPECT_EQ(client.diff("web").at(1).kind, 'A');
  EXPECT_EQ(client.rename("web", "other"), "Container 0a1b2c3d renamed to other\n");
  EXPECT_EQ(client.restart("web", 7), "Container 0a1b2c3d restarted\n");
  EXPECT_EQ(backend_.last_stop_seconds, 7);
  EXPECT_THROW(client.rename("web", "taken"), Error);
  EXPECT_THROW(client.unpause("web"), Error);
  EXPECT_THROW(client.inspect_image("missing"), Error);
}

TEST_F(LifecycleTest, UpdateCarriesWhatWasGivenAndNothingElse) {
  start();
  wire::UpdateRequest update;
  update.memory = 64;
  update.cpus = 0.5;
  client().update("web", update);
  EXPECT_EQ(backend_.last_update().memory, 64);
  EXPECT_EQ(backend_.last_update().cpus, 0.5);
  EXPECT_FALSE(backend_.last_update().pids_limit);
  EXPECT_THROW(client().update("web", {}), Error);
  update.cpu = 50'000;  // excludes cpus
  EXPECT_THROW(client().update("web", update), Error);
}

TEST_F(LifecycleTest, WaitAnswersWhenTheContainerHasEnded) {
  start();
  const sys::Fd connection = connect(true);
  send_text(connection, request("POST /containers/wait?id=web"));
  read_until(connection, "200 OK");
  backend_.end_log();
  read_until(connection, "3\n");
}

TEST_F(LifecycleTest, ArchiveComesOutWhole) {
  start();
  EXPECT_EQ(read_all(*client().copy_out("web", "/file")), std::string(1 << 20, 't'));
  EXPECT_THROW(client().copy_out("web", "/missing"), Error);
  const auto special = client().copy_out("web", "/special");
  EXPECT_EQ(read_all(*special).size(), size_t{1} << 20);
  EXPECT_EQ(special->left_out(), 3u);
}

TEST_F(LifecycleTest, ArchiveThatBreaksOffIsNoArchive) {
  start();
  const auto download = client().copy_out("web", "/broken");
  try {
    read_all(*download);
    FAIL() << "it was taken for whole";
  } catch (const Error& error) {
    EXPECT_EQ(error.text(), "the disk is on \r\nfire");
    EXPECT_EQ(error.hint(), "put it out");
  }
  const std::string raw = exchange(request("GET /containers/archive?id=web&path=/broken"));
  EXPECT_THAT(raw, ::testing::HasSubstr("\r\n0\r\nX-Minibox-Error: {\"error\":"));
  EXPECT_THAT(raw, ::testing::Not(::testing::EndsWith("\r\n\r\n"))) << "for HTTP the body ends here";
}

TEST_F(LifecycleTest, ArchiveGoesInWhole) {
  start();
  client::Upload upload = client().copy_in("web", "/dir");
  const std::string bytes(300'000, 'u');
  upload.write(bytes);
  upload.finish();
  EXPECT_EQ(backend_.last_copy, bytes);
}

TEST_F(LifecycleTest, ErrorInTheMiddleOfAnUploadIsToldWithItsHint) {
  start();
  client::Upload upload = client().copy_in("web", "/full");
  upload.write(std::string(3 << 20, 'u'));
  try {
    upload.finish();
    FAIL() << "took it";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kExhausted);
    EXPECT_EQ(error.hint(), "make room");
  }
}

TEST_F(LifecycleTest, UploadWithoutUpgradeIsRefused) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/archive?id=web&path=/dir")), ::testing::HasSubstr("400"));
}

// Execs that don't begin hold up nothing but each other.
TEST_F(LifecycleTest, ExecTooManyIsRefusedAtOnceAndTheOthersGoOn) {
  api::ServerConfig config;
  config.threads.execs = 2;
  start(config);
  backend_.hold_execs = true;
  const std::string held = request("POST /containers/exec", "", R"({"id":"web","command":["seven"],"detached":true})");
  const sys::Fd first = connect();
  const sys::Fd second = connect();
  send_text(first, held);
  send_text(second, held);
  ASSERT_TRUE(backend_.wait_until_execs_are_held(2));
  const std::string refused = exchange(held);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("too many calls are running at once"));
  EXPECT_THAT(exchange(request("GET /containers")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(exchange(request("POST /containers/stop?id=web&t=0")), StartsWith("HTTP/1.1 200 "));
  backend_.end_log();
  EXPECT_THAT(read_to_end(first), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(read_to_end(second), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(exchange(held), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace minibox::test
