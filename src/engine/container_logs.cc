// minibox logs: the log is files the shim writes; following them waits for events, never polls.
#include <fcntl.h>

#include <functional>
#include <optional>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/log_reader.h"
#include "runtime/bundle.h"
#include "sys/event.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

// False when what came is not asked for any more.
bool pass_on(LogReader& reader, const LogQuery& query, const LogPieceSink& sink) {
  LogPiece piece;
  do {
    piece = reader.next();
    if (query.until_ns && !piece.bytes.empty() && piece.time_ns >= *query.until_ns) {
      sink({});
      return false;
    }
    sink(piece);
  } while (!piece.bytes.empty());
  return true;
}

// What a follower waits for: the end of a life; or, between two lives, that something happens in the directory. Nothing
// when there will be no other life.
struct Life {
  bool running = false;
  std::stop_token end;
};

std::optional<Life> life_of(Container& container) {
  const std::unique_lock lock(container.mutex);
  if (container.removed) return std::nullopt;
  if (container.running()) return Life{true, container.life.get_token()};
  const bool goes_on = container.record.info.status == "restarting" || container.keep;
  return goes_on ? std::optional(Life{}) : std::nullopt;
}

// Through restarts, as `docker logs -f` does; until the container has ended for good, or `stop`.
void follow(LogReader& reader, const LogQuery& query, Container& container, const LogPieceSink& sink,
            const std::stop_token& stop) {
  const sys::Fd wake = sys::make_eventfd();
  const std::stop_callback on_stop(stop, [&] { sys::signal_eventfd(wake); });
  // The watch stands before the look at the log: what comes in between leaves an event behind. On the directory, for
  // rotation puts another file under the log's name, and every start and stop writes there.
  const sys::Fd watch = sys::watch_directory(container.directory);
  while (!stop.stop_requested()) {
    const std::optional<Life> life = life_of(container);  // before the last look at what it has written
    std::optional<std::stop_callback<std::function<void()>>> on_end;
    if (life && life->running) on_end.emplace(life->end, [&] { sys::signal_eventfd(wake); });
    if (!pass_on(reader, query, sink) || !life) return;
    sys::wait_either(watch, wake);
    sys::drain_watch(watch);
    sys::drain_watch(wake);
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
  LogReader reader(container->directory);
  if (query.since_ns) reader.skip_to_time(*query.since_ns);
  if (query.tail) reader.skip_to_last_lines(*query.tail);
  if (query.follow) {
    follow(reader, query, *container, sink, stop);
  } else {
    pass_on(reader, query, sink);
  }
}

}  // namespace minibox::engine
