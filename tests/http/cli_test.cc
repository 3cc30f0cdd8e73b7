// The minibox program itself against the real server with a fake engine behind it.
#include <fcntl.h>
#include <signal.h>

#include "child_process.h"
#include "server_fixture.h"

namespace minibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class CliTest : public ServerTest {
 protected:
  std::vector<std::string> environment() const {
    return {"MINIBOX_SOCKET=" + socket_path(), "TZ=UTC", "FROM_HERE=yes"};
  }
  static std::vector<std::string> command(std::vector<std::string> args) {
    args.insert(args.begin(), MINIBOX_CLI);
    return args;
  }
  Outcome cli(const std::vector<std::string>& args) const { return ChildProcess(command(args), environment()).wait(); }
};

TEST_F(CliTest, PingSaysThatTheDaemonRuns) {
  start();
  const Outcome outcome = cli({"ping"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "Daemon is running\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(CliTest, TcpAddressAndTokenComeFromTheEnvironment) {
  api::ServerConfig config;
  config.token = "s3cret";
  start(std::move(config));
  EXPECT_EQ(
      ChildProcess(command({"ping"}), {"MINIBOX_API=" + tcp_url() + "/", "MINIBOX_API_TOKEN= s3cret "}).wait().out,
      "Daemon is running\n");
  const Outcome refused = ChildProcess(command({"ping"}), {"MINIBOX_API=" + tcp_url()}).wait();
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err, "[error] minibox: Unauthorized\nhint: set MINIBOX_API_TOKEN to the daemon's token\n");
}

TEST_F(CliTest, DaemonThatDoesNotRunIsNamedWithTheRemedy) {
  const Outcome missing = cli({"ps"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.err, "[error] minibox: daemon not running: nobody answers at unix:" + socket_path() +
                             ": No such file or directory (ENOENT)\nhint: start it with: sudo miniboxd; if it listens "
                             "elsewhere, set MINIBOX_SOCKET or MINIBOX_API\n");
  EXPECT_EQ(cli({"run", "busybox"}).status, 125);
}

TEST_F(CliTest, UsageErrorsEndWith2) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{{"pong"},
                                                                                    {"run"},
                                                                                    {"run", "-m", "x", "a"},
                                                                                    {"run", "-c", "x", "a"},
                                                                                    {"run", "-p", "80", "a"},
                                                                                    {"run", "-p", "80:x", "a"},
                                                                                    {"run", "-p", "80:80/udp", "a"},
                                                                                    {"run", "-v", "/a", "a"},
                                                                                    {"run", "-v", "/a:b", "a"},
                                                                                    {"run", "-v", "/a:/b:rx", "a"},
                                                                                    {"run", "-e", "=x", "a"},
                                                                                    {"run", "--bogus", "a"},
                                                                                    {"run", "--name"},
                                                                                    {"run", "--network", "host", "a"},
                                                                                    {"run", "--cpus", "many", "a"},
                                                                                    {"stop", "-t", "601", "a"},
                                                                                    {"logs"},
                                                                                    {"ps", "x"},
                                                                                    {"build"}}) {
    const Outcome outcome = cli(args);
    EXPECT_EQ(outcome.status, 2) << args.back();
    EXPECT_THAT(outcome.err, StartsWith("[error] minibox: "));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(CliTest, ForegroundRunKeepsTheStreamsApartAndHandsOnTheExitStatus) {
  start();
  const Outcome outcome = cli({"run", "seven"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
}

TEST_F(CliTest, ForegroundRunOverTcpDoesTheSame) {
  start();
  const Outcome outcome = ChildProcess(command({"run", "seven"}), {"MINIBOX_API=" + tcp_url()}).wait();
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.out, "out\n");
}

TEST_F(CliTest, ExecIsCarriedAsARunIs) {
  start();
  const Outcome outcome = cli({"exec", "-e", "A=1", "-w", "/srv", "-u", "www", "web", "seven", "-x"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
  const wire::ExecRequest request = backend_.last_exec();
  EXPECT_EQ(request.id, "0a1b2c3d");
  EXPECT_EQ(request.command, (std::vector<std::string>{"seven", "-x"}));
  EXPECT_EQ(request.env, std::vector<std::string>{"A=1"});
  EXPECT_EQ(request.workdir, "/srv");
  EXPECT_EQ(request.user, "www");
  EXPECT_EQ(cli({"exec", "web", "noexec"}).status, 127);
  EXPECT_EQ(cli({"exec", "nobody", "true"}).status, 125);
}

TEST_F(CliTest, AttachIsCarriedAsARunIs) {
  start();
  const Outcome outcome = cli({"attach", "--no-stdin", "web"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
  EXPECT_EQ(cli({"attach", "nobody"}).status, 125);
  EXPECT_EQ(cli({"attach", "--sig-proxy=maybe", "web"}).status, 2);
}

TEST_F(CliTest, EngineErrorsOfRunEndWith125Or127) {
  start();
  const Outcome missing = cli({"run", "--pull", "never", "missing"});
  EXPECT_EQ(missing.status, 125);
  EXPECT_EQ(missing.err, "[error] minibox: image 'missing' not found\n");
  const Outcome command_missing = cli({"run", "noexec"});
  EXPECT_EQ(command_missing.status, 127);
  EXPECT_EQ(command_missing.err, "[error] minibox: command 'nope' not found in PATH\nhint: install it\n");
}

TEST_F(CliTest, LostShimIsToldAndEndsWith125) {
  start();
  const Outcome outcome = cli({"run", "lost"});
  EXPECT_EQ(outcome.status, 125);
  EXPECT_THAT(outcome.err, HasSubstr("connection to the container was lost"));
}

TEST_F(CliTest, SignalsReachTheContainer) {
  start();
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) {
    ChildProcess child(command({"run", "signal"}), environment());
    EXPECT_EQ(read_until(child.out(), "ready\n"), "ready\n");
    child.send_signal(number);
    EXPECT_EQ(child.wait().status, 128 + number);
  }
}

TEST_F(CliTest, ThirdRequestToEndKillsTheContainer) {
  start();
  ChildProcess child(command({"run", "stubborn"}), environment());
  read_until(child.out(), "ready\n");
  for (const int number : {SIGINT, SIGTERM}) {
    child.send_signal(number);
    EXPECT_EQ(read_until(child.out(), "no\n"), "no\n");
  }
  child.send_signal(SIGINT);
  const Outcome outcome = child.wait();
  EXPECT_EQ(outcome.status, 137);
  EXPECT_EQ(outcome.err, "minibox: asked to end for the third time: killing the container\n");
}

TEST_F(CliTest, ContainerThatRanOutOfMemoryIsToldFromOthersThatWereKilled) {
  start();
  const Outcome outcome = cli({"run", "greedy"});
  EXPECT_EQ(outcome.status, 137);
  EXPECT_THAT(outcome.err, HasSubstr("ran out of memory"));
}

TEST_F(CliTest, ReaderThatLeavesSendsSigpipeToTheContainer) {
  start();
  ChildProcess child(command({"run", "yes"}), environment());
  EXPECT_THAT(read_until(child.out(), "y"), StartsWith("y"));
  child.out().reset();
  EXPECT_EQ(child.wait().status, 128 + SIGPIPE);
}

TEST_F(CliTest, FullDiskBehindStdoutIsReported) {
  start();
  const sys::Fd full = sys::open_file("/dev/full", O_WRONLY);
  const Outcome outcome = ChildProcess(command({"run", "seven"}), environment(), &full).wait();
  EXPECT_EQ(outcome.status, 125);
  EXPECT_THAT(outcome.err, HasSubstr("write to stdout: No space left on device (ENOSPC)"));
}

TEST_F(CliTest, BulkOutputArrivesWhole) {
  start();
  const Outcome outcome = cli({"run", "bulk"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out.size(), 8u << 20);
}

TEST_F(CliTest, TimingListsTheStepsOfEveryProgramOnStderr) {
  start();
  const Outcome outcome = cli({"run", "--timing", "seven"});
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_THAT(outcome.err, HasSubstr("daemon   make the cgroup"));
  EXPECT_THAT(outcome.err, HasSubstr("client   total"));
}

TEST_F(CliTest, RunFlagsBecomeTheRequest) {
  start();
  const Outcome outcome = cli({"run",
                               "-d",
                               "--rm",
                               "--name=web",
                               "-eA=1",
                               "--env",
                               "FROM_HERE",
                               "-e",
                               "NOT_SET",
                               "-v",
                               "/srv/./a/../b:/data:ro",
                               "-w",
                               "/w",
                               "-u",
                               "1000:1000",
                               "-p",
                               "8080:80",
                               "-p",
                               "127.0.0.1:53:53/tcp",
                               "-m",
                               "1g",
                               "--cpus",
                               "1.5",
                               "--pids-limit",
                               "-1",
                               "--network",
                               "none",
                               "--hostname",
                               "h",
                               "seven",
                               "sh",
                               "-c",
                               "-d"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "0a1b2c3d\n");
  const wire::RunRequest run = backend_.last_run();
  EXPECT_TRUE(run.detached);
  EXPECT_TRUE(run.remove);
  EXPECT_EQ(run.name, "web");
  EXPECT_EQ(run.env, (std::vector<std::string>{"A=1", "FROM_HERE=yes"}));
  EXPECT_EQ(run.volumes, (std::multimap<std::string, std::string>{{"/srv/b", "/data:ro"}}));
  EXPECT_EQ(run.workdir, "/w");
  EXPECT_EQ(run.user, "1000:1000");
  EXPECT_EQ(run.ports, (std::map<std::string, std::string>{{"8080", "80"}, {"127.0.0.1:53", "53/tcp"}}));
  EXPECT_EQ(run.memory, 1024);
  EXPECT_EQ(run.cpus, 1.5);
  EXPECT_EQ(run.pids_limit, -1);
  EXPECT_EQ(run.network, "none");
  EXPECT_EQ(run.hostname, "h");
  EXPECT_EQ(run.image, "seven");
  EXPECT_EQ(run.command, (std::vector<std::string>{"sh", "-c", "-d"}));
}

TEST_F(CliTest, ListsAreTables) {
  start();
  EXPECT_EQ(cli({"ps"}).out,
            "CONTAINER ID   IMAGE     COMMAND    CREATED               STATUS    HEALTH   EXIT   PORTS                 "
            " NAMES\n"
            "0a1b2c3d       busybox   httpd -f   2026-01-02 03:04:05   running   none     -      0.0.0.0:8080->80/tcp  "
            " web\n");
  EXPECT_EQ(cli({"images"}).out,
            "REPOSITORY   TAG      IMAGE ID       SIZE\n"
            "busybox      latest   0123456789ab   1.18 MB\n");
  EXPECT_THAT(cli({"ps", "--json"}).out, HasSubstr("\"exit\": \"-\""));
  backend_.no_images = true;
  EXPECT_EQ(cli({"images", "--json"}).out, "[]\n");
}

TEST_F(CliTest, SeveralObjectsAreAllTried) {
  start();
  const Outcome outcome = cli({"rm", "-f", "nobody", "web"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "Container 0a1b2c3d removed\n");
  EXPECT_THAT(outcome.err, StartsWith("[error] minibox: cannot remove 'nobody': container not found\nhint: "));
}

TEST_F(CliTest, StopHandsOnItsTime) {
  start();
  EXPECT_EQ(cli({"stop", "-t", "3", "web"}).out, "Container 0a1b2c3d stopped\n");
  EXPECT_EQ(backend_.last_stop_seconds, 3);
}

TEST_F(CliTest, ContainersAreStoppedTogether) {
  backend_.stops_together = 3;
  start();
  const Outcome outcome = cli({"stop", "web", "nobody", "0a1b2c3d", "web"});
  EXPECT_EQ(outcome.out, "Container 0a1b2c3d stopped\nContainer 0a1b2c3d stopped\nContainer 0a1b2c3d stopped\n");
  EXPECT_THAT(outcome.err, StartsWith("[error] minibox: cannot stop 'nobody': container not found\n"));
  EXPECT_EQ(outcome.status, 1);
}

TEST_F(CliTest, LogsFollowUntilTheContainerHasEnded) {
  backend_.append_log("one\n");
  start();
  EXPECT_EQ(cli({"logs", "web"}).out, "one\n");
  ChildProcess child(command({"logs", "-f", "web"}), environment());
  read_until(child.out(), "one\n");
  backend_.append_log("two\n");
  backend_.end_log();
  const Outcome outcome = child.wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "two\n");
}

TEST_F(CliTest, BuildSendsTheFileAndEndsWithItsOutcome) {
  sys::write_file(dir_.path() + "/MiniBox", "BASE busybox\n");
  start();
  const Outcome good = cli({"build", "-t", "hello", dir_.path()});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.out, MatchesRegex("\\.\\.  Building image hello from minibox-http-test[^\n]*\n"
                                     "\\[build\\] START image=hello\nBuild completed successfully\n"));
  const Outcome broken = cli({"build", "-t", "broken", dir_.path()});
  EXPECT_EQ(broken.status, 1);
  EXPECT_THAT(broken.out, HasSubstr("Build failed: block app: exit status 1\n"));
  EXPECT_EQ(broken.err, "[error] minibox: image 'broken' was not built\n");
  const Outcome invalid = cli({"build", "-t", "invalid", dir_.path()});
  EXPECT_EQ(invalid.status, 1);
  EXPECT_EQ(invalid.err, "[error] minibox: MiniBox:3: unknown word 'RUNN'\n");
  EXPECT_THAT(cli({"build", "-t", "a", "/nonexistent"}).err, HasSubstr("there is no MiniBox file "));
}

TEST_F(CliTest, ASavedArchiveAppearsWhenItIsWhole) {
  start();
  const std::string file = dir_.path() + "/image.tar";
  const Outcome saved = cli({"save", "hello", file});
  EXPECT_EQ(saved.status, 0) << saved.err;
  EXPECT_EQ(saved.out, "Saved image hello to " + file + "\n");
  EXPECT_EQ(sys::read_file(file).size(), 5000u);
  EXPECT_EQ(cli({"save", "hello"}).out, sys::read_file(file));
  EXPECT_EQ(cli({"save", "missing", file}).err, "[error] minibox: image not found: 'missing'\n");
  const Outcome cut = cli({"save", "cut", file});
  EXPECT_EQ(cut.status, 1);
  EXPECT_THAT(cut.err, HasSubstr("broke off"));
  EXPECT_EQ(sys::read_file(file).size(), 5000u) << "the old one stays";
  EXPECT_EQ(sys::list_dir(dir_.path()).size(), 1u + (sys::exists(socket_path()) ? 1u : 0u));
}

TEST_F(CliTest, LoadAndImportHandOnWhatTheyRead) {
  start();
  const std::string file = dir_.path() + "/image.tar";
  sys::write_file(file, std::string(300'000, 'x'));
  const Outcome loaded = cli({"load", "-t", "name", file});
  EXPECT_EQ(loaded.out, "Loaded image name from " + file + "\nLoaded image second from " + file + "\n") << loaded.err;
  EXPECT_EQ(backend_.last_copy.size(), 300'000u);
  EXPECT_EQ(cli({"load", "-q", "-i", file}).out, "");
  EXPECT_EQ(cli({"load", "-t", "/full", file}).err, "[error] minibox: no space left\nhint: make room\n");
  EXPECT_EQ(cli({"import", file, "new"}).out, "sha256:new\n");
}

TEST_F(CliTest, SystemPrintsTablesAndReports) {
  start();
  EXPECT_EQ(cli({"system", "df"}).out,
            "TYPE     TOTAL   ACTIVE   SIZE      RECLAIMABLE\n"
            "Images   3       1        4.00 KB   1.00 KB (25%)\n");
  EXPECT_EQ(cli({"system", "prune"}).out,
            "OK  System Prune Completed:\n"
            "  - Active FUSE mounts killed: 0\n"
            "  - Orphaned blobs removed:   2\n"
            "  - Disk space recovered:     2.00 KB\n");
  EXPECT_THAT(cli({"system", "prune", "--build-cache"}).out,
              HasSubstr("  - Build cache entries removed: 3\n  - Build cache recovered:       0 B\n"));
  EXPECT_EQ(cli({"commit", "web", "name"}).out, "sha256:0a1b2c3dname\n");
  EXPECT_EQ(cli({"export", "web"}).out, "tree of 0a1b2c3d");
}

TEST_F(CliTest, EveryCommandHasHelp) {
  for (const char* name : {"run", "build", "ps", "logs", "stop", "kill", "start", "rm", "images", "rmi", "ping", "save",
                           "load", "import", "export", "commit", "system"}) {
    const Outcome outcome = cli({name, "--help"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, StartsWith(std::string("usage: minibox ") + name));
    EXPECT_EQ(cli({"help", name}).out, outcome.out);
  }
  for (const char* spelling : {"help", "--help", "-h"}) EXPECT_THAT(cli({spelling}).out, StartsWith("minibox  "));
  EXPECT_EQ(cli({}).status, 0);
}

TEST_F(CliTest, VersionIsOneLine) {
  EXPECT_THAT(cli({"version"}).out, MatchesRegex("minibox [0-9.]+\n"));
  EXPECT_EQ(cli({"--version"}).out, cli({"version"}).out);
}

}  // namespace
}  // namespace minibox::test
