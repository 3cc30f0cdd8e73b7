#include "api/streamed_log.h"

#include "base/error.h"

namespace minibox::api {

void StreamedLog::write(const std::string& line) {
  std::call_once(once_, [this] {
    exchange_.begin_stream();
    begun_ = true;
  });
  exchange_.write(line + "\n");
}

void stream_log(Exchange& exchange, const LogWords& words, const LoggedWork& work) {
  StreamedLog log(exchange);
  std::string status = "ok";
  try {
    work([&log](const std::string& line) { log.write(line); });
    log.write(words.done);
  } catch (const Error& error) {
    if (!log.begun()) throw;
    if (!error.hint().empty()) log.write(words.tag + "hint: " + error.hint());
    log.write(words.failed + error.text());
    status = "failed";
  }
  exchange.end_stream(status);
}

}  // namespace minibox::api
