#include "engine/push_log.h"

namespace minibox::engine {
namespace {

std::string name_of(const registry::PushEvents::Blob& blob) {
  if (blob.number == 0) return "config " + blob.blob.digest.short_hex();
  return (blob.attached ? "index " : "layer ") + ProgressClock::print_layer(blob.blob, blob.number, blob.count);
}

}  // namespace

void PushLog::on_blob(const Blob& blob) {
  write("pushing " + name_of(blob) + "...");
}

void PushLog::on_progress(const Blob& blob, std::uint64_t bytes) {
  if (clock_.is_due(blob.blob.digest)) write(name_of(blob) + ": " + ProgressClock::print(bytes, blob.blob));
}

void PushLog::on_present(const Blob& blob) {
  write(name_of(blob) + " is already there");
}

void PushLog::on_mounted(const Blob& blob, const std::string& from) {
  write(name_of(blob) + " is mounted from " + from);
}

void PushLog::on_manifest(const oci::Descriptor& manifest) {
  write("manifest: " + manifest.digest.short_hex());
}

void PushLog::on_not_attached(const Error& error) {
  write("warning: the registry may lose the layers' indexes: " + error.text());
}

void PushLog::on_retry(const oci::Descriptor* blob, const registry::RetryNotice& notice) {
  write((blob != nullptr ? "blob " + blob->digest.short_hex() + " upload" : std::string("manifest upload")) +
        " failed (" + notice.error.text() + "), retrying in " + std::to_string(notice.delay.count()) + "ms (attempt " +
        std::to_string(notice.attempt) + "/" + std::to_string(notice.attempts) + ")...");
}

}  // namespace minibox::engine
