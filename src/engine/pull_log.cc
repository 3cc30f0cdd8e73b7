#include "engine/pull_log.h"

#include "base/clock.h"
#include "base/text.h"

namespace minibox::engine {
namespace {

std::string layer_text(const registry::PullEvents::Layer& layer) {
  return ProgressClock::print_layer(layer.blob, layer.number, layer.count);
}

}  // namespace

void HeldLog::write(std::string line) {
  {
    const std::lock_guard lock(mutex_);
    if (count_++ == 0) {
      held_ = std::move(line);
      return;
    }
    if (count_ == 2) log_(held_);
  }
  log_(line);
}

PullLog::PullLog(Words words, std::string name, const LogSink& log)
    : words_(words), tag_(words == Words::kPull ? "[pull] " : "[base] "), name_(std::move(name)), log_(log) {}

void PullLog::on_manifest_request() {
  write("fetching " + name_ + " manifest...");
}

void PullLog::on_index(const oci::Platform& wanted) {
  write(name_ + " is a manifest list, resolving " + wanted.architecture + "/" + wanted.os +
        (wanted.variant.empty() ? "" : "/" + wanted.variant) + "...");
}

void PullLog::on_manifest(const oci::Descriptor& manifest, size_t layers) {
  write(words_ == Words::kPull ? "manifest: " + manifest.digest.short_hex()
                               : name_ + " has " + std::to_string(layers) + " layers");
}

void PullLog::on_config(const oci::Descriptor& config) {
  write((words_ == Words::kPull ? "pulling config " : "fetching config blob ") + config.digest.short_hex() + "...");
}

void PullLog::on_layer(const Layer& layer) {
  write("pulling layer " + layer_text(layer) + "...");
}

void PullLog::on_layer_present(const Layer& layer) {
  write("layer " + layer_text(layer) + " is already here");
}

void PullLog::on_layer_progress(const Layer& layer, std::uint64_t bytes) {
  if (clock_.is_due(layer.blob.digest)) {
    write("layer " + layer_text(layer) + ": " + ProgressClock::print(bytes, layer.blob));
  }
}

void PullLog::on_unpack(const Layer& layer) {
  write("extracting layer " + std::to_string(layer.number) + "/" + std::to_string(layer.count) + "...");
}

void PullLog::on_retry(const oci::Descriptor* blob, const registry::RetryNotice& notice) {
  const std::string kind = words_ == Words::kPull ? "blob " : "layer ";
  const std::string what = blob != nullptr ? kind + blob->digest.short_hex() + " download" : "manifest request";
  write(what + " failed (" + notice.error.text() + "), retrying in " + format_duration(notice.delay.count()) +
        " (attempt " + std::to_string(notice.attempt) + "/" + std::to_string(notice.attempts) + ")...");
}

void PullLog::on_warning(const std::string& text) {
  write("warning: " + text);
}

void PullLog::on_mirror_failed(const std::string& mirror, const Error& error) {
  write("mirror " + mirror + " failed (" + error.text() + "), trying the next...");
}

}  // namespace minibox::engine
