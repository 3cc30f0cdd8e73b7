// A pull as lines of text, in the words of `minibox pull` or of a build's base image.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "engine/engine.h"
#include "engine/progress_clock.h"
#include "registry/pull.h"

namespace minibox::engine {

// Holds the first line back until there is a second: what is wrong with the request itself (no such image, not allowed)
// is then told by an Error alone.
class HeldLog {
 public:
  explicit HeldLog(const LogSink& log) : log_(log) {}
  void write(std::string line);  // any thread

 private:
  const LogSink& log_;
  std::mutex mutex_;
  std::string held_;
  size_t count_ = 0;
};

class PullLog : public registry::PullEvents {
 public:
  enum class Words { kPull, kBase };
  // `log` must outlive this.
  PullLog(Words words, std::string name, const LogSink& log);

  void on_manifest_request() override;
  void on_index(const oci::Platform& wanted) override;
  void on_manifest(const oci::Descriptor& manifest, size_t layers) override;
  void on_config(const oci::Descriptor& config) override;
  void on_layer(const Layer& layer) override;
  void on_layer_present(const Layer& layer) override;
  void on_layer_progress(const Layer& layer, std::uint64_t bytes) override;
  void on_unpack(const Layer& layer) override;
  void on_retry(const oci::Descriptor* blob, const registry::RetryNotice& notice) override;
  void on_warning(const std::string& text) override;
  void on_mirror_failed(const std::string& mirror, const Error& error);

 private:
  void write(const std::string& line) { log_.write(tag_ + line); }

  const Words words_;
  const std::string tag_;
  const std::string name_;
  HeldLog log_;
  ProgressClock clock_;
};

}  // namespace minibox::engine
