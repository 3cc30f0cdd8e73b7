// Where a handler runs. Calls that last have threads of their own, a lane for each reason to last: whoever follows logs
// can't hold up builds, and nothing at all holds up the calls that end containers.
#pragma once

#include <string>

#include "api/worker_pool.h"
#include "base/error.h"

namespace minibox::api {

enum class Lane {
  kInline,   // on the event loop: never blocks
  kShort,    // ends soon
  kLong,     // builds, and what else lasts as long as its work
  kExec,     // until the program runs, which a hostile container can put off
  kReadLog,  // lasts as long as a slow reader
  kFollow,   // lasts as long as a container and its reader
  kStop,     // lasts as long as its `t` says
  kKill,
};

struct LaneThreads {
  size_t short_calls = 16;
  size_t long_calls = 64;
  size_t execs = 64;
  size_t log_readers = 64;
  size_t followers = 64;
  size_t stops = 64;
  size_t kills = 16;
};

class Lanes {
 public:
  explicit Lanes(const LaneThreads& threads);

  // Not for kInline. Any thread; false: all threads of the lane are taken, and no place in its queue is free.
  bool try_submit(Lane lane, WorkerPool::Job job);
  void join();  // runs what was accepted

 private:
  WorkerPool short_;
  WorkerPool long_;
  WorkerPool exec_;
  WorkerPool read_log_;
  WorkerPool follow_;
  WorkerPool stop_;
  WorkerPool kill_;
};

Error lane_is_full(Lane lane);  // kUnavailable, with the remedy

}  // namespace minibox::api
