// minibox logs: the log is files the shim writes; following them waits for events, never polls.
#include <fcntl.h>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/log_reader.h"
#include "runtime/bundle.h"
#include "sys/event.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

void pass_on(LogReader& reader, const LogPieceSink& sink) {
  LogPiece piece;
  do {
    piece = reader.next();
    sink(piece);
  } while (!piece.bytes.empty());
}

// The log under its name has been replaced, or removed with its container.
sys::Fd try_watch(const std::string& path) {
  try {
    return sys::watch_file(path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return {};
    throw;
  }
}

// Until the end of the container's life, or `stop`.
void follow(LogReader& reader, const std::string& path, const std::stop_token& life, const LogPieceSink& sink,
            const std::stop_token& stop) {
  const sys::Fd wake = sys::make_eventfd();
  const std::stop_callback on_stop(stop, [&] { sys::signal_eventfd(wake); });
  const std::stop_callback on_end(life, [&] { sys::signal_eventfd(wake); });
  while (!stop.stop_requested()) {
    // The watch stands before the look at the file: what comes in between leaves an event behind. A new one each time:
    // rotation has put another file under the name.
    const sys::Fd watch = try_watch(path);
    const bool ended = life.stop_requested() || !watch;
    pass_on(reader, sink);
    if (ended) return;
    sys::wait_either(watch, wake);
  }
}

}  // namespace

sys::Fd Engine::open_log(const std::string& reference) const {
  const ContainerPtr container = state_->containers.find(reference);
  // O_CREAT: a container that never got as far as its first output has an empty log.
  return sys::open_file(container->directory + "/" + runtime::kLogFile, O_RDONLY | O_CREAT);
}

void Engine::read_log(const std::string& reference, const LogQuery& query, const LogPieceSink& sink,
                      std::stop_token stop) const {
  const ContainerPtr container = state_->containers.find(reference);
  std::stop_token life;
  bool running = false;
  {
    const std::unique_lock lock(container->mutex);
    running = container->running();
    life = container->life.get_token();
  }
  LogReader reader(container->directory);
  if (query.since_ns) reader.skip_to_time(*query.since_ns);
  if (query.tail) reader.skip_to_last_lines(*query.tail);
  if (query.follow && running) {
    follow(reader, container->directory + "/" + runtime::kLogFile, life, sink, stop);
  } else {
    pass_on(reader, sink);
  }
}

}  // namespace minibox::engine
