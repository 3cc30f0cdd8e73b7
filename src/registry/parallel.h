// Several threads for as many jobs as there are.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace minibox::registry {

// Calls job(0) to job(count - 1), at most `threads` at once, in order of their beginning. The first Error stops the
// others, whose token says so, and leaves when all have ended.
void for_each_parallel(size_t count, size_t threads, std::stop_token stop,
                       const std::function<void(size_t index, std::stop_token stop)>& job);

}  // namespace minibox::registry
