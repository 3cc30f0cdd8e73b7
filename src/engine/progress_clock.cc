#include "engine/progress_clock.h"

#include "base/clock.h"

namespace minibox::engine {

bool ProgressClock::is_due(const oci::Digest& blob) {
  constexpr std::int64_t kInterval = 1'000'000;
  const std::int64_t now = monotonic_us();
  const std::lock_guard lock(mutex_);
  const auto [last, first] = last_us_.try_emplace(blob, now);
  if (first || now - last->second < kInterval) return false;
  last->second = now;
  return true;
}

std::string ProgressClock::print(std::uint64_t bytes, const oci::Descriptor& blob) {
  return std::to_string(bytes >> 20) + " of " + std::to_string((blob.size + (1u << 20) - 1) >> 20) + " MiB";
}

std::string ProgressClock::print_layer(const oci::Descriptor& blob, size_t number, size_t count) {
  return std::to_string(number) + "/" + std::to_string(count) + " (" + blob.digest.short_hex() + ")";
}

}  // namespace minibox::engine
