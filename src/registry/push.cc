#include "registry/push.h"

#include <optional>

#include "base/error.h"
#include "registry/empty_config.h"
#include "registry/parallel.h"
#include "registry/referrer.h"

namespace minibox::registry {
namespace {

constexpr size_t kUploads = 3;
// A tag has no compare-and-swap: another push may have written the index between our reading and writing it.
constexpr int kIndexWrites = 2;

class Push {
 public:
  Push(Client& client, const PushRequest& request, BlobSource& source, PushEvents& events, std::stop_token stop)
      : client_(client), request_(request), source_(source), events_(events), stop_(std::move(stop)) {}

  void run() {
    const oci::Manifest manifest = oci::Manifest::parse(request_.manifest.bytes);
    const size_t layers = manifest.layers.size();
    push({manifest.config, 0, layers}, stop_);  // alone: a registry that refuses us does so here
    for_each_parallel(layers, kUploads, stop_, [&](size_t i, const std::stop_token& either) {
      push({manifest.layers[i], i + 1, layers}, either);
    });
    const bool attached = !request_.attached.empty() && try_to_attach([this] { push_attached(); });
    events_.on_manifest(request_.manifest.descriptor);
    put(request_.tag, request_.manifest);
    if (attached) try_to_attach([this] { attach(); });
  }

 private:
  void push(const PushEvents::Blob& blob, const std::stop_token& stop) {
    push_blob(client_, blob, request_.known_at, source_, events_, stop);
  }
  bool put(const std::string& reference, const Document& manifest) {
    return client_.put_manifest(reference, manifest, stop_, on_retry());
  }
  OnRetry on_retry() {
    return [this](const RetryNotice& notice) { events_.on_retry(nullptr, notice); };
  }

  void push_attached() {
    const size_t count = request_.attached.size();
    for_each_parallel(count, kUploads, stop_, [&](size_t i, const std::stop_token& either) {
      push({request_.attached[i], i + 1, count, true}, either);
    });
  }

  // What goes along with an image is no reason to fail.
  template <typename Action>
  bool try_to_attach(Action action) {
    try {
      action();
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kCancelled) throw;
      events_.on_not_attached(error);
      return false;
    }
  }

  void attach() {
    const Document artifact = print_artifact({request_.attached_type, request_.manifest.descriptor, request_.attached});
    ensure_empty_config(client_, stop_, on_retry());
    if (put(artifact.descriptor.digest.text(), artifact)) return;
    const std::string tag = referrers_tag(request_.manifest.descriptor.digest);
    for (int i = 0; i < kIndexWrites; ++i) {
      const auto index = add_referrer(find(tag), artifact, request_.attached_type);
      if (!index) return;
      put(tag, *index);
    }
  }

  std::optional<Document> find(const std::string& tag) {
    try {
      return client_.manifest(tag, stop_, on_retry());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
      return std::nullopt;
    }
  }

  Client& client_;
  const PushRequest& request_;
  BlobSource& source_;
  PushEvents& events_;
  const std::stop_token stop_;
};

}  // namespace

void push_blob(Client& client, const PushEvents::Blob& blob, const KnownAt& known_at, BlobSource& source,
               PushEvents& events, const std::stop_token& stop) {
  with_context("blob " + blob.blob.digest.short_hex(), [&] {
    const OnRetry on_retry = [&](const RetryNotice& notice) { events.on_retry(&blob.blob, notice); };
    if (client.has_blob(blob.blob, stop, on_retry)) return events.on_present(blob);
    events.on_blob(blob);
    const std::string from = known_at(blob.blob.digest);
    const auto result = client.upload(blob.blob, from, source, stop, on_retry,
                                      [&](std::uint64_t bytes) { events.on_progress(blob, bytes); });
    if (result == Client::Uploaded::kMounted) events.on_mounted(blob, from);
  });
}

void push(Client& client, const PushRequest& request, BlobSource& source, PushEvents& events, std::stop_token stop) {
  Push(client, request, source, events, std::move(stop)).run();
}

}  // namespace minibox::registry
