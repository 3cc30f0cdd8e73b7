// pull, push, tag, login and logout through the API and the CLI, with a fake engine behind them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "child_process.h"
#include "server_fixture.h"
#include "sys/file.h"

namespace minibox::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RegistryTest : public ServerTest {
 protected:
  std::string auth_file() const { return dir_.path() + "/config/minibox/auth.json"; }
  Outcome cli(std::vector<std::string> args, const std::string& input = "") const {
    std::vector<std::string> argv = {"/bin/sh", "-c", "printf %s \"$0\" | \"$@\"", input, MINIBOX_CLI};
    argv.insert(argv.end(), args.begin(), args.end());
    return ChildProcess(argv, {"MINIBOX_SOCKET=" + socket_path(), "XDG_CONFIG_HOME=" + dir_.path() + "/config"}).wait();
  }
};

TEST_F(RegistryTest, PullStreamsItsLogAndEndsWithTheTrailer) {
  start();
  const std::string auth = base64url_encode(R"({"username":"anna","password":"p","serveraddress":"lan"})");
  const std::string answer =
      exchange(request("POST /images/pull?image=lan/a&platform=linux/arm64", "X-Registry-Auth: " + auth + "\r\n"));
  EXPECT_THAT(answer, HasSubstr("[pull] linux/arm64 anna lan\n"));
  EXPECT_THAT(answer, EndsWith("[pull] Done\n\r\n0\r\nX-Minibox-Status: ok\r\n\r\n"));
  EXPECT_THAT(exchange(request("POST /images/pull")), EndsWith("\r\n\r\nImage name is required\n"));
  EXPECT_THAT(exchange(request("POST /images/pull?image=missing")), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(exchange(request("POST /images/pull?image=a", "X-Registry-Auth: !\r\n")), StartsWith("HTTP/1.1 400 "));
  const std::string broken = exchange(request("POST /images/pull?image=broken"));
  EXPECT_THAT(broken, HasSubstr("[pull] hint: look for it\n"));
  EXPECT_THAT(broken, HasSubstr("[error] pull failed: the registry is gone\n"));
  EXPECT_THAT(broken, EndsWith("X-Minibox-Status: failed\r\n\r\n"));
}

TEST_F(RegistryTest, RunFetchesWhatIsMissingAndTellsBothReasonsWhenItCanNot) {
  start();
  const Outcome fetched = cli({"run", "elsewhere"});
  EXPECT_THAT(fetched.err, HasSubstr("[pull] fetching elsewhere manifest...\n"));
  EXPECT_THAT(fetched.err, EndsWith("[pull] Done\nerr\n"));
  EXPECT_EQ(fetched.out, "out\n");
  EXPECT_EQ(fetched.status, 7);
  const Outcome missing = cli({"run", "missing"});
  EXPECT_EQ(missing.status, 125);
  EXPECT_EQ(missing.err, "[error] minibox: image 'missing' not found, and it can't be pulled: no registry has it\n");
  EXPECT_THAT(cli({"run", "--pull", "always", "busybox"}).err, HasSubstr("[pull] fetching busybox manifest...\n"));
  EXPECT_EQ(cli({"run", "--pull", "maybe", "busybox"}).status, 2);
}

TEST_F(RegistryTest, LoginKeepsAPrivateFileOnlyWhenItWasAccepted) {
  start();
  EXPECT_EQ(cli({"login", "-u", "anna", "--password-stdin", "lan:5000"}, "wrong\n").status, 1);
  EXPECT_FALSE(sys::exists(auth_file()));
  const Outcome accepted = cli({"login", "-u", "anna", "--password-stdin", "https://LAN:5000/"}, "right\n");
  EXPECT_EQ(accepted.status, 0);
  EXPECT_EQ(accepted.out, "Login Succeeded\n");
  EXPECT_EQ(sys::try_lstat(auth_file())->st_mode & 0777, 0600u);
  EXPECT_THAT(sys::read_file(auth_file()), Not(HasSubstr("right")));

  EXPECT_THAT(cli({"pull", "lan:5000/a"}).out, HasSubstr(" anna lan:5000\n"));
  EXPECT_THAT(cli({"pull", "lan:6000/a"}).out, Not(HasSubstr("anna")));
  EXPECT_THAT(cli({"push", "lan:5000/a"}).out, HasSubstr("[push] lan:5000/a as anna\n"));

  EXPECT_EQ(cli({"logout", "lan:5000"}).status, 0);
  EXPECT_THAT(cli({"pull", "lan:5000/a"}).out, Not(HasSubstr("anna")));
  EXPECT_EQ(cli({"logout", "lan:5000"}).status, 1);
}

TEST_F(RegistryTest, CredentialsThatOthersCanReadAreNotUsed) {
  start();
  ASSERT_EQ(cli({"login", "-u", "anna", "--password-stdin"}, "right").status, 0);
  ASSERT_EQ(::chmod(auth_file().c_str(), 0644), 0);
  const Outcome refused = cli({"pull", "a"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("open to other users"));
  EXPECT_THAT(refused.err, HasSubstr("hint: chmod 600 "));
}

TEST_F(RegistryTest, APasswordInTheCommandLineIsWarnedOf) {
  start();
  const Outcome outcome = cli({"login", "-u", "anna", "-p", "right"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("can be seen by other users"));
  EXPECT_EQ(cli({"login", "--password-stdin"}, "right").status, 2);
  EXPECT_EQ(cli({"login", "-u", "a", "-p", "b", "--password-stdin"}, "right").status, 2);
}

TEST_F(RegistryTest, TagAndFailuresOfPushAndPullHaveTheirStatus) {
  start();
  EXPECT_EQ(cli({"tag", "a", "lan/b:1"}).out, "Image a tagged lan/b:1\n");
  EXPECT_EQ(backend_.last_tag, "a lan/b:1");
  const Outcome broken = cli({"pull", "broken"});
  EXPECT_EQ(broken.status, 1);
  EXPECT_THAT(broken.out, EndsWith("[pull] hint: look for it\n[error] pull failed: the registry is gone\n"));
  EXPECT_EQ(broken.err, "[error] minibox: image 'broken' was not pulled\n");
  EXPECT_EQ(cli({"push", "missing"}).status, 1);
}

}  // namespace
}  // namespace minibox::test
