// miniboxd: the root daemon. Wiring only: environment -> configuration -> engine -> HTTP server, and an orderly end.
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "api/engine_backend.h"
#include "api/http_server.h"
#include "base/error.h"
#include "engine/config.h"
#include "engine/engine.h"
#include "sys/file.h"
#include "sys/process.h"
#include "wire/version.h"

namespace {

using minibox::Error;
using minibox::ErrorKind;

constexpr std::chrono::seconds kStopDeadline{10};

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string program_directory() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) throw Error::from_errno("readlink('/proc/self/exe')", errno);
  const std::string text(path, static_cast<size_t>(size));
  return text.substr(0, text.rfind('/'));
}

minibox::engine::Config read_config() {
  if (::geteuid() != 0) {
    throw Error(ErrorKind::kDenied, "miniboxd must run as root: it makes namespaces, mounts and a bridge")
        .with_hint("sudo -E miniboxd");
  }
  minibox::engine::Config config = minibox::engine::Config::from_environment(environment);
  if (config.shim.empty()) config.shim = program_directory() + "/minibox-shim";
  if (::access(config.shim.c_str(), X_OK) != 0) {
    throw Error::from_errno("access('" + config.shim + "')", errno)
        .with_hint("MINIBOX_SHIM names the supervisor program");
  }
  config.lazy = config.shim.substr(0, config.shim.rfind('/') + 1) + "minibox-lazy";
  return config;
}

// Blocked before any thread exists, so that only the main thread, in sigwait, ever gets them.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signo : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signo);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void serve() {
  const sigset_t signals = block_end_signals();
  minibox::sys::raise_open_files_limit();  // several descriptors a container, one a published port
  ::umask(0022);                           // modes are what the code says, whatever shell started us
  const minibox::engine::Config config = read_config();
  minibox::engine::Engine engine(config);
  minibox::api::EngineBackend backend(engine);
  minibox::api::ServerConfig server_config;
  server_config.tcp_address = config.http_address;
  server_config.socket_path = config.socket;
  server_config.token = config.api_token;
  server_config.log = [](const std::string& line) { spdlog::warn("{}", line); };
  minibox::sys::make_dirs(config.socket.substr(0, config.socket.rfind('/')), 0755);
  minibox::api::HttpServer server(backend, server_config);
  server.start();
  std::printf("Daemon listening on %s\n", server.tcp_address().c_str());
  std::fflush(stdout);

  int signo = 0;
  sigwait(&signals, &signo);
  std::printf("\n[daemon] shutdown requested\n");
  std::fflush(stdout);
  if (!server.stop(kStopDeadline)) {
    // A call hangs, say in a dying disk; waiting for it would be waiting for ever. The next start reconciles.
    spdlog::warn("a call did not end within {} s; leaving without it", kStopDeadline.count());
    std::_Exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("miniboxd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  if (argc == 2 && (std::string(argv[1]) == "--version" || std::string(argv[1]) == "version")) {
    std::printf("miniboxd %s\n", std::string(minibox::wire::version()).c_str());
    return 0;
  }
  if (argc > 1) {
    std::fprintf(stderr,
                 "usage: miniboxd [--version]\nConfigured by environment variables MINIBOX_*: see docs/cli.md.\n");
    return std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h" ? 0 : 2;
  }
  try {
    serve();
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "daemon exited: %s\n", error.text().c_str());
    if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "daemon exited: %s\n", error.what());
  }
  return 1;
}
