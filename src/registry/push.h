// Pushing an image: what the registry lacks of its config, layers and attached blobs, then the manifest.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "oci/manifest.h"
#include "registry/blobs.h"
#include "registry/client.h"

namespace minibox::registry {

// Called from several threads; what a call throws ends the push.
class PushEvents {
 public:
  virtual ~PushEvents() = default;
  struct Blob {
    const oci::Descriptor& blob;
    size_t number;  // of the layer or the attached blob, from 1; 0 for the config
    size_t count;
    bool attached = false;
  };
  virtual void on_blob(const Blob& blob) = 0;
  virtual void on_progress(const Blob& blob, std::uint64_t bytes) = 0;
  virtual void on_present(const Blob& blob) = 0;
  virtual void on_mounted(const Blob& blob, const std::string& from) = 0;
  virtual void on_manifest(const oci::Descriptor& manifest) = 0;
  virtual void on_not_attached(const Error& error) = 0;                               // the image itself is pushed
  virtual void on_retry(const oci::Descriptor* blob, const RetryNotice& notice) = 0;  // no blob: the manifest
};

// A repository of the same registry that has the blob, or "".
using KnownAt = std::function<std::string(const oci::Digest& blob)>;

struct PushRequest {
  std::string tag;
  Document manifest;
  // Blobs that the registry is to keep with the image. They come before its manifest; one that has no place for them
  // is no reason to fail.
  std::string attached_type;
  std::vector<oci::Descriptor> attached{};
  KnownAt known_at;
};

// One blob, unless the registry has it.
void push_blob(Client& client, const PushEvents::Blob& blob, const KnownAt& known_at, BlobSource& source,
               PushEvents& events, const std::stop_token& stop);

void push(Client& client, const PushRequest& request, BlobSource& source, PushEvents& events, std::stop_token stop);

}  // namespace minibox::registry
