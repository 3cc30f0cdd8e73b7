// minibox logs: the log is a file the shim writes; following it waits for events, never polls.
#include <fcntl.h>

#include "engine/engine.h"
#include "engine/engine_state.h"
#include "runtime/bundle.h"
#include "sys/event.h"
#include "sys/file.h"

namespace minibox::engine {
namespace {

std::string log_path(const Container& container) {
  return container.directory + "/" + runtime::kLogFile;
}

}  // namespace

sys::Fd Engine::open_log(const std::string& reference) const {
  const ContainerPtr container = state_->containers.find(reference);
  // O_CREAT: a container that never got as far as its first output has an empty log.
  return sys::open_file(log_path(*container), O_RDONLY | O_CREAT);
}

bool Engine::follow_log(const std::string& reference, std::uint64_t offset, std::stop_token stop) const {
  const ContainerPtr container = state_->containers.find(reference);
  const sys::Fd watch = sys::watch_file(log_path(*container));
  const sys::Fd file = sys::open_file(log_path(*container), O_RDONLY);
  const sys::Fd wake = sys::make_eventfd();
  std::stop_token life;
  bool running = false;
  {
    const std::unique_lock lock(container->mutex);
    running = container->running();
    life = container->life.get_token();
  }
  const std::stop_callback on_stop(stop, [&] { sys::signal_eventfd(wake); });
  const std::stop_callback on_end(life, [&] { sys::signal_eventfd(wake); });
  // The watch stands before the first look at the size: growth in between leaves an event behind.
  while (!stop.stop_requested()) {
    if (sys::file_size(file) > offset) return true;
    if (!running || life.stop_requested()) return sys::file_size(file) > offset;
    if (sys::wait_either(watch, wake)) sys::drain_watch(watch);
  }
  return false;
}

}  // namespace minibox::engine
