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

// Until the end of the container's life, or `stop`.
void follow(LogReader& reader, const std::string& directory, const std::stop_token& life, const LogPieceSink& sink,
            const std::stop_token& stop) {
  const sys::Fd wake = sys::make_eventfd();
  const std::stop_callback on_stop(stop, [&] { sys::signal_eventfd(wake); });
  const std::stop_callback on_end(life, [&] { sys::signal_eventfd(wake); });
  // The watch stands before the look at the log: what comes in between leaves an event behind. On the directory, for
  // rotation puts another file under the log's name.
  const sys::Fd watch = sys::watch_directory(directory);
  while (!stop.stop_requested()) {
    const bool ended = life.stop_requested();
    pass_on(reader, sink);
    if (ended) return;
    if (sys::wait_either(watch, wake)) sys::drain_watch(watch);
  }
}

}  // namespace

sys::Fd Engine::open_log(const std::string& reference) const {
  const ContainerPtr container = state_->containers.find(reference);
  auto log = sys::try_open(container->directory + "/" + runtime::kLogFile, O_RDONLY);
  // A container that never got as far as its first output has an empty log.
  return log ? std::move(*log) : sys::open_file("/dev/null", O_RDONLY);
}

void Engine::read_log(const std::string& reference, const LogQuery& query, const LogPieceSink& sink,
                      std::stop_token stop) const {
  const ContainerPtr container = state_->containers.find(reference);
  const std::string directory = container->directory;
  std::stop_token life;
  bool running = false;
  {
    const std::unique_lock lock(container->mutex);
    running = container->running();
    life = container->life.get_token();
  }
  LogReader reader(directory);
  if (query.since_ns) reader.skip_to_time(*query.since_ns);
  if (query.tail) reader.skip_to_last_lines(*query.tail);
  if (query.follow && running) {
    follow(reader, directory, life, sink, stop);
  } else {
    pass_on(reader, sink);
  }
}

}  // namespace minibox::engine
