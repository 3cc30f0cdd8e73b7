#include "api/lane.h"

#include <utility>

namespace minibox::api {
namespace {

// What lasts is refused when all threads are taken; what ends soon may wait its turn.
constexpr size_t kNoQueue = 0;
constexpr size_t kQueue = 1024;

}  // namespace

Lanes::Lanes(const LaneThreads& threads)
    : short_(threads.short_calls, kQueue),
      long_(threads.long_calls, kNoQueue),
      exec_(threads.execs, kNoQueue),
      read_log_(threads.log_readers, kNoQueue),
      follow_(threads.followers, kNoQueue),
      stop_(threads.stops, kQueue),
      kill_(threads.kills, kQueue) {}

bool Lanes::try_submit(Lane lane, WorkerPool::Job job) {
  switch (lane) {
    case Lane::kInline:
      break;
    case Lane::kShort:
      return short_.try_submit(std::move(job));
    case Lane::kLong:
      return long_.try_submit(std::move(job));
    case Lane::kExec:
      return exec_.try_submit(std::move(job));
    case Lane::kReadLog:
      return read_log_.try_submit(std::move(job));
    case Lane::kFollow:
      return follow_.try_submit(std::move(job));
    case Lane::kStop:
      return stop_.try_submit(std::move(job));
    case Lane::kKill:
      return kill_.try_submit(std::move(job));
  }
  return false;
}

void Lanes::join() {
  for (WorkerPool* pool : {&short_, &long_, &exec_, &read_log_, &follow_, &stop_, &kill_}) pool->join();
}

Error lane_is_full(Lane lane) {
  if (lane == Lane::kFollow) {
    return Error(ErrorKind::kUnavailable, "too many clients follow the output of containers")
        .with_hint("end some of them; logs without following works");
  }
  if (lane == Lane::kReadLog) {
    return Error(ErrorKind::kUnavailable, "too many clients read the output of containers")
        .with_hint("try again when some of them have ended");
  }
  return Error(ErrorKind::kUnavailable, "too many calls are running at once")
      .with_hint("try again when some of them have ended");
}

}  // namespace minibox::api
