#include "network/forward_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "network/host_firewall.h"

namespace minibox::network {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Clock::duration kPause = std::chrono::seconds(2);
constexpr int kShare = 20;  // of a processor's time: one part in so many is the most that looking takes

}  // namespace

ForwardKeeper::ForwardKeeper(Config config, Warn warn) : config_(std::move(config)), warn_(std::move(warn)) {}

void ForwardKeeper::open() {
  open_forward_chain(config_);
}

void ForwardKeeper::check_soon() {
  const std::scoped_lock lock(mutex_);
  wanted_ = true;
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  wake_.notify_one();
}

void ForwardKeeper::close() {
  stop();
  close_forward_chain(config_);
}

void ForwardKeeper::stop() {
  std::jthread thread;
  {
    const std::scoped_lock lock(mutex_);
    thread = std::move(thread_);
    wanted_ = false;
  }
  thread = {};  // asks it to stop and waits
}

void ForwardKeeper::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [&] { return wanted_; }) && !stop.stop_requested()) {
    wanted_ = false;
    lock.unlock();
    const Clock::time_point start = Clock::now();
    const bool good = try_open();
    const Clock::duration pause = std::max(kPause, (Clock::now() - start) * kShare);
    lock.lock();
    if (!good) wanted_ = true;
    wake_.wait_for(lock, stop, pause, [] { return false; });
  }
}

bool ForwardKeeper::try_open() {
  try {
    open_forward_chain(config_);
    return true;
  } catch (...) {  // thread entry
    warn_("the host's firewall could not be opened for containers: " + current_exception_text());
    return false;
  }
}

}  // namespace minibox::network
