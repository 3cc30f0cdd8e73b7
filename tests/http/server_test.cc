#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "server_fixture.h"
#include "sys/listen_socket.h"

namespace minibox::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kRunSeven[] = R"({"image":"seven"})";

class HttpServerTest : public ServerTest {};

TEST_F(HttpServerTest, PingAnswersOnTcpAndUnixSocket) {
  start();
  for (const bool over_unix : {false, true}) {
    const std::string answer = exchange(request("GET /ping"), over_unix);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nDaemon is running"));
  }
}

TEST_F(HttpServerTest, HeadAnswersWithoutBody) {
  start();
  EXPECT_THAT(exchange(request("HEAD /ping")), EndsWith("\r\n\r\n"));
  EXPECT_THAT(exchange(request("HEAD /ping")), HasSubstr("Content-Length: 17\r\n"));
}

TEST_F(HttpServerTest, UnknownPathAndWrongMethodAreToldApart) {
  start();
  EXPECT_THAT(exchange(request("GET /nope")), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(exchange(request("GET /nope")), EndsWith("\r\n\r\n404 page not found\n"));
  const std::string answer = exchange(request("DELETE /containers"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nMethod Not Allowed\n"));
}

TEST_F(HttpServerTest, OneConnectionServesManyRequests) {
  start();
  const sys::Fd fd = connect();
  for (int i = 0; i < 3; ++i) {
    send_text(fd, "GET /images HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(read_until(fd, "}]\n"), HasSubstr("Content-Type: application/json\r\n"));
  }
}

TEST_F(HttpServerTest, NoImagesIsAnEmptyArray) {
  backend_.no_images = true;
  start();
  EXPECT_THAT(exchange(request("GET /images")), EndsWith("\r\n\r\n[]\n"));
}

TEST_F(HttpServerTest, ForeignHostIsRefusedAndLogged) {
  start();
  const std::string answer = exchange("GET /ping HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(logged(), HasSubstr("foreign Host 'evil.example'"));
}

TEST_F(HttpServerTest, ForeignOriginIsRefused) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/kill?id=web", "Origin: http://evil.example\r\n")),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(exchange(request("GET /ping", "Origin: http://localhost\r\n")), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, TokenIsRequiredWhenOneIsSet) {
  api::ServerConfig config;
  config.token = "s3cret";
  start(std::move(config));
  const std::string refused = exchange(request("GET /ping"));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer realm=\"minibox\"\r\n"));
  EXPECT_THAT(refused, EndsWith("\r\n\r\nUnauthorized\n"));
  EXPECT_THAT(exchange(request("GET /ping", "Authorization: s3cret\r\n")), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(exchange(request("GET /ping", "Authorization: Bearer s3cre\r\n")), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(exchange(request("GET /ping", "Authorization: Bearer s3cret\r\n")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(exchange(request("GET /ping", "X-API-Token: s3cret\r\n")), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, BodyThatIsNotDeclaredAsJsonIsRefused) {
  start();
  const std::string answer = exchange(
      "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n"
      "Content-Length: 17\r\n\r\n{\"image\":\"seven\"}");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 415 "));
}

TEST_F(HttpServerTest, BodyOverTheLimitIsRefusedBeforeItIsRead) {
  start();
  const sys::Fd fd = connect();
  send_text(fd,
            "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Content-Length: 4194305\r\n\r\n");
  EXPECT_THAT(read_until(fd, "\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, ChunkedBodyOverTheLimitIsRefusedAndTheAnswerArrives) {
  start();
  const sys::Fd fd = connect();
  send_text(fd,
            "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) send_text(fd, "100000\r\n" + std::string(1 << 20, ' ') + "\r\n");
  EXPECT_THAT(read_until(fd, "\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, HugeHeaderIsRefused) {
  start();
  const sys::Fd fd = connect();
  send_text(fd, "GET /ping HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(32 * 1024, 'x') + "\r\n\r\n");
  EXPECT_THAT(read_until(fd, "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, GarbageIsA400) {
  start();
  EXPECT_THAT(exchange("\x16\x03\x01 what\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, SilentConnectionIsClosed) {
  api::ServerConfig config;
  config.head_timeout = std::chrono::milliseconds(50);
  start(std::move(config));
  const sys::Fd fd = connect();
  send_text(fd, "GET /pi");
  EXPECT_EQ(read_to_end(fd), "");
}

TEST_F(HttpServerTest, ErrorsArePlainTextOrJsonAsAsked) {
  start();
  const std::string plain = exchange(request("POST /containers/run", "", R"({"image":"missing"})"));
  EXPECT_THAT(plain, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(plain, EndsWith("\r\n\r\nimage 'missing' not found\n"));
  const std::string json =
      exchange(request("POST /containers/run", "Accept: application/json\r\n", R"({"image":"noexec"})"));
  EXPECT_THAT(json, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(json, HasSubstr(R"("exit_code":127)"));
  EXPECT_THAT(json, HasSubstr(R"("hint":"install it")"));
}

TEST_F(HttpServerTest, RunIsValidatedInTheWordsOfTheApi) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/run", "", "{")), EndsWith("\r\n\r\nInvalid request\n"));
  EXPECT_THAT(exchange(request("POST /containers/run", "", "{}")), EndsWith("\r\n\r\nImage name is required\n"));
}

TEST_F(HttpServerTest, ExecIsValidatedInTheWordsOfTheApi) {
  start();
  const auto body = [&](const char* json) { return exchange(request("POST /containers/exec", "", json)); };
  EXPECT_THAT(body("{"), HasSubstr("\r\n\r\nInvalid request"));
  EXPECT_THAT(body(R"({"command":["true"]})"), EndsWith("\r\n\r\nContainer ID is required\n"));
  EXPECT_THAT(body(R"({"id":"web"})"), EndsWith("\r\n\r\nCommand is required\n"));
  EXPECT_THAT(body(R"({"id":"web","command":["true"],"privileged":true})"), HasSubstr("'privileged'"));
  const std::string nobody = body(R"({"id":"nobody","command":["true"]})");
  EXPECT_THAT(nobody, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(nobody, EndsWith("\r\n\r\ncontainer not found\n"));
}

TEST_F(HttpServerTest, ExecWithoutUpgradeIsTheRawOutputOrForInteractiveOnesTheOldHijack) {
  start();
  const std::string answer = exchange(request("POST /containers/exec", "", R"({"id":"web","command":["seven"]})"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nout\nerr\n"));
  EXPECT_EQ(exchange(request("POST /containers/exec", "", R"({"id":"web","command":["seven"],"interactive":true})")),
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\nout\nerr\n");
}

TEST_F(HttpServerTest, DetachedRunAnswersWithTheId) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/run", "", R"({"image":"seven","detached":true})")),
              EndsWith("\r\n\r\n0a1b2c3d\n"));
}

TEST_F(HttpServerTest, ForegroundRunWithoutUpgradeIsTheRawOutput) {
  start();
  const std::string answer = exchange(request("POST /containers/run", "", kRunSeven));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nout\nerr\n"));
}

TEST_F(HttpServerTest, UpgradedRunIsHandedToTheShimWholeAndOnlyOnce) {
  start();
  const std::string head =
      "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: minibox-stream/1\r\n"
      "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n";
  for (const bool over_unix : {false, true}) {
    const std::string answer = exchange(head + kRunSeven, over_unix);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos);
    EXPECT_EQ(answer.back(), 7);
  }
}

TEST_F(HttpServerTest, FailedUpgradeIsAnOrdinaryErrorOnTheSameConnection) {
  start();
  const sys::Fd fd = connect();
  const std::string body = R"({"image":"missing"})";
  send_text(fd,
            "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: minibox-stream/1\r\n"
            "Content-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_THAT(read_until(fd, "not found\n"), StartsWith("HTTP/1.1 404 "));
  send_text(fd, request("GET /ping"));
  EXPECT_THAT(read_to_end(fd), EndsWith("Daemon is running"));
}

TEST_F(HttpServerTest, BytesBeforeTheSwitchOfProtocolsAreRefused) {
  start();
  const std::string answer = exchange(
      "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: minibox-stream/1\r\n"
      "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n" +
      std::string(kRunSeven) + "early");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, LifecycleRoutesSayWhatTheyDid) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/stop?id=web")), EndsWith("\r\n\r\nContainer 0a1b2c3d stopped\n"));
  EXPECT_EQ(backend_.last_stop_seconds, 10);
  EXPECT_THAT(exchange(request("POST /containers/stop?id=web&t=0")),
              EndsWith("\r\n\r\nContainer 0a1b2c3d killed (timeout)\n"));
  EXPECT_THAT(exchange(request("POST /containers/stop?id=web&t=x")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange(request("POST /containers/start?id=web")), EndsWith("\r\n\r\n0a1b2c3d\n"));
  EXPECT_THAT(exchange(request("POST /containers/remove?id=web&force=1")),
              EndsWith("\r\n\r\nContainer 0a1b2c3d removed\n"));
  EXPECT_TRUE(backend_.last_force);
}

TEST_F(HttpServerTest, WrongStateIsToldInTheWordsThatOldClientsKnow) {
  backend_.running = true;
  start();
  const std::string started = exchange(request("POST /containers/start?id=web"));
  EXPECT_THAT(started, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(started, EndsWith("\r\n\r\ncontainer is already running\n"));
  const std::string killed = exchange(request("POST /containers/kill?id=web"));
  EXPECT_THAT(killed, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(killed, EndsWith("\r\n\r\ncontainer pid not found\n"));
  const std::string json = exchange(request("POST /containers/kill?id=web", "Accept: application/json\r\n"));
  EXPECT_THAT(json, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(json, HasSubstr(R"("code":"conflict")"));
  EXPECT_THAT(json, HasSubstr("container 'web' is not running"));
}

TEST_F(HttpServerTest, BodyThatARouteDoesNotNeedIsIgnoredUnlessItIsHuge) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/stop?id=web", "", "{}")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(exchange(request("POST /containers/stop?id=web", "", std::string(65'537, ' '))),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, ContainerReferencesAreChecked) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/stop")), EndsWith("\r\n\r\nmissing id\n"));
  EXPECT_THAT(exchange(request("POST /containers/stop?id=..%2Fx")), EndsWith("\r\n\r\ninvalid container id\n"));
  const std::string missing = exchange(request("POST /containers/stop?id=nobody"));
  EXPECT_THAT(missing, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(missing, EndsWith("\r\n\r\ncontainer not found\n"));
  EXPECT_THAT(exchange(request("POST /images/remove?image=nope")), EndsWith("\r\n\r\nimage not found\n"));
  EXPECT_THAT(exchange(request("POST /images/remove")), EndsWith("\r\n\r\nmissing image\n"));
}

TEST_F(HttpServerTest, LogsAreTheWholeFile) {
  backend_.append_log("one\ntwo\n");
  start();
  const std::string answer = exchange(request("GET /containers/logs?id=web"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\none\ntwo\n"));
  const std::string head = exchange(request("HEAD /containers/logs?id=web"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, PartOfALogIsA206) {
  backend_.append_log("one\ntwo\n");
  start();
  const std::string answer = exchange(request("GET /containers/logs?id=web", "Range: bytes=4-6\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 206 Partial Content\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Range: bytes 4-6/8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\ntwo"));
}

TEST_F(HttpServerTest, LogOfManyPiecesArrivesWholeAndTheConnectionGoesOn) {
  backend_.append_log(std::string(300'000, 'x') + "end\n");
  start();
  const sys::Fd fd = connect();
  send_text(fd, "GET /containers/logs?id=web HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(read_until(fd, "end\n"), HasSubstr("Content-Length: 300004\r\n"));
  send_text(fd, request("GET /ping"));
  EXPECT_THAT(read_to_end(fd), EndsWith("Daemon is running"));
}

TEST_F(HttpServerTest, LogsOfAnUnknownContainerAreNoPage) {
  start();
  for (const char* follow : {"", "&follow=1"}) {
    const std::string answer = exchange(request(std::string("GET /containers/logs?id=nobody") + follow));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n404 page not found\n"));
  }
  EXPECT_THAT(exchange(request("GET /containers/logs?id=nobody", "Accept: application/json\r\n")),
              HasSubstr("container not found"));
  EXPECT_THAT(exchange(request("GET /containers/logs?id=web&follow=2")), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, FollowedLogGrowsAndEndsWithTheContainer) {
  backend_.append_log("one\n");
  start();
  const sys::Fd fd = connect();
  send_text(fd, request("GET /containers/logs?id=web&follow=1"));
  EXPECT_THAT(read_until(fd, "one\n"), HasSubstr("Transfer-Encoding: chunked"));
  backend_.append_log("two\n");
  read_until(fd, "two\n");
  backend_.end_log();
  EXPECT_THAT(read_to_end(fd), EndsWith("0\r\n\r\n"));
}

TEST_F(HttpServerTest, FollowerThatLeavesStopsTheFollowing) {
  backend_.append_log("one\n");
  start();
  {
    const sys::Fd fd = connect();
    send_text(fd, request("GET /containers/logs?id=web&follow=1"));
    read_until(fd, "one\n");
  }
  EXPECT_TRUE(backend_.wait_until_cancelled(1));
}

constexpr char kQuietBuild[] = R"({"image":"quiet","minibox":"x","context":"/c"})";
constexpr char kPlanningBuild[] = R"({"image":"planning","minibox":"x","context":"/c"})";

// What nc does, and some proxies: the request, an end of file, and patience.
class HalfClosedClient : public ServerTest, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(TcpAndUnix, HalfClosedClient, ::testing::Bool());

TEST_P(HalfClosedClient, GetsTheWholeAnswer) {
  start();
  const sys::Fd fd = connect(GetParam());
  send_text(fd, request("POST /containers/build", "", kQuietBuild));
  read_until(fd, "START image=quiet\n\r\n");
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(read_until(fd, "0"), "0");  // the end of file was seen, and the client is asked whether it is there
  backend_.end_log();
  EXPECT_THAT(read_to_end(fd), EndsWith("Build completed successfully\n\r\n0\r\nX-Minibox-Status: ok\r\n\r\n"));
  EXPECT_EQ(backend_.cancelled, 0);
}

TEST_P(HalfClosedClient, GetsTheWholeAnswerToWhatHadNotBegun) {
  start();
  const sys::Fd fd = connect(GetParam());
  send_text(fd, request("POST /containers/build", "", kPlanningBuild));
  ::shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(read_until(fd, "\r\n\r\n"), "HTTP/1.1 102 Processing\r\n\r\n");
  backend_.end_log();
  const std::string answer = read_to_end(fd);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("START image=planning\n"));
  EXPECT_THAT(answer, EndsWith("X-Minibox-Status: ok\r\n\r\n"));
  EXPECT_EQ(backend_.cancelled, 0);
}

TEST_P(HalfClosedClient, WhoReallyLeftEndsABuildThatHasNotSaidAnything) {
  start();
  {
    const sys::Fd fd = connect(GetParam());
    send_text(fd, request("POST /containers/build", "", kPlanningBuild));
    EXPECT_TRUE(backend_.wait_until_planning());
  }
  EXPECT_TRUE(backend_.wait_until_cancelled(1));
}

TEST_F(HttpServerTest, StopEndsABuildThatHasNotSaidAnything) {
  start();
  const sys::Fd fd = connect();
  send_text(fd, request("POST /containers/build", "", kPlanningBuild));
  ASSERT_TRUE(backend_.wait_until_planning());
  ASSERT_TRUE(server_->stop(std::chrono::seconds(10)));
  EXPECT_EQ(backend_.cancelled, 1);
  EXPECT_THAT(read_to_end(fd), StartsWith("HTTP/1.1 499 "));
}

// It was watched: what came after the request is gone.
TEST_F(HttpServerTest, ConnectionOfABuildEndsWithItHoweverItEnds) {
  start();
  const sys::Fd fd = connect();
  const std::string body = R"({"image":"invalid","minibox":"x","context":"/c"})";
  send_text(fd,
            "POST /containers/build HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Content-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string answer = read_to_end(fd);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpServerTest, SilentBuildWhoseClientLeavesIsCancelled) {
  start();
  int left = 0;
  for (const bool over_unix : {false, true}) {
    {
      const sys::Fd fd = connect(over_unix);
      send_text(fd, request("POST /containers/build", "", kQuietBuild));
      read_until(fd, "START image=quiet\n\r\n");
    }
    EXPECT_TRUE(backend_.wait_until_cancelled(++left)) << over_unix;
  }
}

TEST_F(HttpServerTest, BuildEndsWithItsOutcomeAndATrailer) {
  start();
  EXPECT_THAT(exchange(request("POST /containers/build", "", R"({"image":"ok","minibox":"x","context":"/c"})")),
              EndsWith("Build completed successfully\n\r\n0\r\nX-Minibox-Status: ok\r\n\r\n"));
  const std::string broken =
      exchange(request("POST /containers/build", "", R"({"image":"broken","minibox":"x","context":"/c"})"));
  EXPECT_THAT(broken, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(broken, HasSubstr("[build] hint: look above\n"));
  EXPECT_THAT(broken, EndsWith("Build failed: block app: exit status 1\n\r\n0\r\nX-Minibox-Status: failed\r\n\r\n"));
}

TEST_F(HttpServerTest, BuildRefusedBeforeItsFirstLineIsA400) {
  start();
  const std::string answer =
      exchange(request("POST /containers/build", "", R"({"image":"invalid","minibox":"x","context":"/c"})"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nMiniBox:3: unknown word 'RUNN'\n"));
  EXPECT_THAT(exchange(request("POST /containers/build", "", R"({"image":"a"})")),
              EndsWith("\r\n\r\nMiniBox content is required\n"));
}

TEST_F(HttpServerTest, BuilderWhoseClientLeavesIsCancelled) {
  start();
  {
    const sys::Fd fd = connect();
    send_text(fd, request("POST /containers/build", "", R"({"image":"endless","minibox":"x","context":"/c"})"));
    read_until(fd, "....");
  }
  server_->stop(std::chrono::seconds(10));
  EXPECT_GE(backend_.cancelled, 1);
}

TEST_F(HttpServerTest, BodyWithExpectGetsItsContinue) {
  start();
  const sys::Fd fd = connect();
  send_text(fd,
            "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n"
            "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n");
  EXPECT_THAT(read_until(fd, "\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue\r\n"));
  send_text(fd, kRunSeven);
  EXPECT_THAT(read_to_end(fd), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, FollowersHoldUpNobody) {
  api::ServerConfig config;
  config.threads = {.short_calls = 1, .long_calls = 1, .followers = 2, .stops = 1, .kills = 1};
  backend_.append_log("one\n");
  start(std::move(config));
  std::vector<sys::Fd> followers;
  for (int i = 0; i < 2; ++i) {
    followers.push_back(connect());
    send_text(followers.back(), request("GET /containers/logs?id=web&follow=1"));
    read_until(followers.back(), "one\n");
  }
  const std::string one_more = exchange(request("GET /containers/logs?id=web&follow=1"));
  EXPECT_THAT(one_more, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(one_more, EndsWith("\r\n\r\ntoo many clients follow the output of containers\n"));
  EXPECT_THAT(exchange(request("GET /containers")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(exchange(request("GET /containers/logs?id=web")), EndsWith("one\n"));
  EXPECT_THAT(exchange(request("POST /containers/stop?id=web")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(exchange(request("POST /containers/kill?id=web")), EndsWith("container pid not found\n"));
  EXPECT_THAT(exchange(request("POST /containers/build", "", R"({"image":"ok","minibox":"x","context":"/c"})")),
              HasSubstr("Build completed successfully"));
}

TEST_F(HttpServerTest, IdleConnectionsMakeWayAndNeverLockOutTheUnixSocket) {
  api::ServerConfig config;
  config.max_connections = 3;
  start(std::move(config));
  std::vector<sys::Fd> idle;
  for (int i = 0; i < 3; ++i) idle.push_back(connect());
  EXPECT_THAT(exchange(request("GET /ping"), true), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(exchange(request("GET /ping")), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(read_to_end(idle[0]), "");
  send_text(idle[1], request("GET /ping"));
  EXPECT_THAT(read_to_end(idle[1]), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(logged(), HasSubstr("closed the one that was idle longest"));
}

TEST_F(HttpServerTest, ConnectionsThatAreServedKeepTheirPlaces) {
  api::ServerConfig config;
  config.max_connections = 2;
  backend_.append_log("one\n");
  start(std::move(config));
  std::vector<sys::Fd> followers;
  for (int i = 0; i < 2; ++i) {
    followers.push_back(connect());
    send_text(followers.back(), request("GET /containers/logs?id=web&follow=1"));
    read_until(followers.back(), "one\n");
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(read_to_end(connect()), "");
  EXPECT_THAT(exchange(request("GET /ping"), true), StartsWith("HTTP/1.1 200 "));
  const std::string log = logged();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 10);
  backend_.end_log();
  for (const sys::Fd& fd : followers) EXPECT_THAT(read_to_end(fd), EndsWith("0\r\n\r\n"));
}

TEST_F(HttpServerTest, BodiesOfOneListenerHaveABudget) {
  api::ServerConfig config;
  config.max_body_bytes = 1000;
  start(std::move(config));
  const sys::Fd slow = connect();
  send_text(slow,
            "POST /containers/run HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            "Content-Type: application/json\r\nContent-Length: 990\r\n\r\n");
  read_until(slow, "100 Continue\r\n\r\n");
  const std::string run = request("POST /containers/run", "", R"({"image":"seven","detached":true})");
  EXPECT_THAT(exchange(run), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(exchange(run, true), StartsWith("HTTP/1.1 200 "));
  send_text(slow, std::string(990, ' '));
  EXPECT_THAT(read_until(slow, "\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  // The lease ends with the handler, a moment after its answer.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::string answer;
  do {
    answer = exchange(run);
  } while (answer.find(" 503 ") != std::string::npos && std::chrono::steady_clock::now() < deadline);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, StopLetsARunningCallFinish) {
  backend_.hold_list = true;
  start();
  const sys::Fd fd = connect();
  send_text(fd, request("GET /containers"));
  backend_.wait_until_list_is_held();
  EXPECT_FALSE(server_->stop(std::chrono::milliseconds(20)));
  backend_.end_log();
  EXPECT_TRUE(server_->stop(std::chrono::seconds(10)));
  EXPECT_THAT(read_to_end(fd), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, SocketFileIsPrivateAndGoesWithTheServer) {
  start();
  struct stat info{};
  ASSERT_EQ(::stat(socket_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  server_.reset();
  EXPECT_FALSE(sys::exists(socket_path()));
}

TEST_F(HttpServerTest, SocketFileOfADeadServerIsReplaced) {
  sys::listen_unix(socket_path(), 0600, 1).close();
  ASSERT_TRUE(sys::exists(socket_path()));
  start();
  EXPECT_THAT(exchange(request("GET /ping"), true), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, FileThatIsNoSocketIsNotTouched) {
  sys::write_file(socket_path(), "precious");
  EXPECT_THROW(start(), Error);
  EXPECT_EQ(sys::read_file(socket_path()), "precious");
}

TEST_F(HttpServerTest, OpenAddressNeedsAToken) {
  api::ServerConfig config;
  config.tcp_address = "0.0.0.0:0";
  try {
    start(std::move(config));
    FAIL() << "listens";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDenied);
    EXPECT_THAT(error.hint(), HasSubstr("MINIBOX_API_TOKEN"));
  }
}

TEST_F(HttpServerTest, SecondServerOnTheSameSocketIsRefused) {
  start();
  api::ServerConfig config;
  config.socket_path = socket_path();
  EXPECT_THROW(api::HttpServer(backend_, std::move(config)), Error);
  EXPECT_THAT(exchange(request("GET /ping"), true), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace minibox::test
