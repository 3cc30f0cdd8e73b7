#include "registry/push.h"

#include "base/error.h"
#include "registry/parallel.h"

namespace minibox::registry {
namespace {

constexpr size_t kUploads = 3;

}  // namespace

void push_blob(Client& client, const PushEvents::Blob& blob, const KnownAt& known_at, BlobSource& source,
               PushEvents& events, const std::stop_token& stop) {
  with_context("blob " + blob.blob.digest.short_hex(), [&] {
    if (client.has_blob(blob.blob, stop)) return events.on_present(blob);
    events.on_blob(blob);
    const std::string from = known_at(blob.blob.digest);
    const auto result = client.upload(
        blob.blob, from, source, stop, [&](const RetryNotice& notice) { events.on_retry(&blob.blob, notice); },
        [&](std::uint64_t bytes) { events.on_progress(blob, bytes); });
    if (result == Client::Uploaded::kMounted) events.on_mounted(blob, from);
  });
}

void push(Client& client, const PushRequest& request, BlobSource& source, PushEvents& events, std::stop_token stop) {
  const oci::Manifest manifest = oci::Manifest::parse(request.manifest.bytes);
  const auto push_one = [&](const PushEvents::Blob& blob, const std::stop_token& either) {
    push_blob(client, blob, request.known_at, source, events, either);
  };
  const size_t layers = manifest.layers.size();
  push_one({manifest.config, 0, layers}, stop);  // alone: a registry that refuses us does so here
  for_each_parallel(layers, kUploads, stop, [&](size_t i, const std::stop_token& either) {
    push_one({manifest.layers[i], i + 1, layers}, either);
  });
  events.on_manifest(request.manifest.descriptor);
  client.put_manifest(request.tag, request.manifest, stop,
                      [&](const RetryNotice& notice) { events.on_retry(nullptr, notice); });
}

}  // namespace minibox::registry
