#include <atomic>
#include <mutex>

#include "api/handlers.h"
#include "wire/build_request.h"

namespace minibox::api {
namespace {

// Begins the answer with the first line, so that everything refused before it is an ordinary 4xx.
class BuildLog {
 public:
  explicit BuildLog(Exchange& exchange) : exchange_(exchange) {}

  void write(const std::string& line) {
    begin();
    exchange_.write(line + "\n");
  }
  void begin() {
    std::call_once(once_, [this] {
      exchange_.begin_stream();
      begun_ = true;
    });
  }
  bool begun() const { return begun_; }

 private:
  Exchange& exchange_;
  std::once_flag once_;
  std::atomic<bool> begun_ = false;
};

}  // namespace

void post_build(Backend& backend, const Request& request, Exchange& exchange) {
  const wire::BuildRequest build = wire::BuildRequest::parse(request.body);
  if (build.minibox.empty()) throw Error(ErrorKind::kInvalid, "MiniBox content is required");
  BuildLog log(exchange);
  std::string status = "ok";
  try {
    backend.build(build, [&log](const std::string& line) { log.write(line); }, exchange.stop_token());
    log.write("Build completed successfully");
  } catch (const Error& error) {
    if (!log.begun()) throw;
    if (!error.hint().empty()) log.write("[build] hint: " + error.hint());
    log.write("Build failed: " + error.text());
    status = "failed";
  }
  exchange.end_stream(status);
}

}  // namespace minibox::api
