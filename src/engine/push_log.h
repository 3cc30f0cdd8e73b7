// A push as lines of text. `tag` begins each: "[push] ", or "[cache] " for a build's cache. Any thread may call.
#pragma once

#include <string>

#include "engine/engine.h"
#include "engine/progress_clock.h"
#include "registry/push.h"

namespace minibox::engine {

class PushLog : public registry::PushEvents {
 public:
  // `log` must outlive this.
  PushLog(std::string tag, const LogSink& log) : tag_(std::move(tag)), log_(log) {}

  void on_blob(const Blob& blob) override;
  void on_progress(const Blob& blob, std::uint64_t bytes) override;
  void on_present(const Blob& blob) override;
  void on_mounted(const Blob& blob, const std::string& from) override;
  void on_manifest(const oci::Descriptor& manifest) override;
  void on_not_attached(const Error& error) override;
  void on_retry(const oci::Descriptor* blob, const registry::RetryNotice& notice) override;

 private:
  void write(const std::string& line) { log_(tag_ + line); }

  const std::string tag_;
  const LogSink& log_;
  ProgressClock clock_;
};

}  // namespace minibox::engine
