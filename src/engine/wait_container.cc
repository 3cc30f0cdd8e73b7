// minibox wait.
#include <semaphore>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/engine_state.h"

namespace minibox::engine {

int Engine::wait(const std::string& reference, std::stop_token stop) const {
  const ContainerPtr container = state_->containers.find(reference);
  std::stop_token life;
  std::shared_ptr<const std::atomic<int>> exit_code;
  {
    const std::unique_lock lock(container->mutex);
    if (!container->running()) return container->record.info.exit_code;
    life = container->life.get_token();
    exit_code = container->exit_code;
  }
  std::counting_semaphore<2> wake(0);
  const std::stop_callback on_stop(stop, [&] { wake.release(); });
  const std::stop_callback on_end(life, [&] { wake.release(); });
  wake.acquire();
  if (!life.stop_requested()) throw Error(ErrorKind::kCancelled, "the client has left");
  return *exit_code;
}

}  // namespace minibox::engine
