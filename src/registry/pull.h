// Pulling an image: manifest, config, layers; each verified, layers in parallel, what is there already not fetched.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "registry/blobs.h"
#include "registry/client.h"
#include "registry/download_table.h"

namespace minibox::registry {

// What happens, for whoever watches. Called from several threads; what a call throws ends the pull.
class PullEvents {
 public:
  virtual ~PullEvents() = default;
  virtual void on_manifest_request() = 0;
  virtual void on_index(const oci::Platform& wanted) = 0;
  virtual void on_manifest(const oci::Descriptor& manifest, size_t layers) = 0;
  virtual void on_config(const oci::Descriptor& config) = 0;
  struct Layer {
    const oci::Descriptor& blob;
    size_t number;  // from 1
    size_t count;
  };
  virtual void on_layer(const Layer& layer) = 0;
  virtual void on_layer_present(const Layer& layer) = 0;
  virtual void on_layer_progress(const Layer& layer, std::uint64_t bytes) = 0;
  virtual void on_unpack(const Layer& layer) = 0;
  virtual void on_retry(const oci::Descriptor* blob, const RetryNotice& notice) = 0;  // no blob: the manifest
  virtual void on_warning(const std::string& text) = 0;
};

struct Pulled {
  oci::Descriptor manifest;
  oci::Digest requested;  // what the reference stands for: the manifest, or the index it was chosen from
};

struct PullRequest {
  oci::Reference reference;
  oci::Platform platform;
  bool insist = false;  // an image that says it is made for another platform is kNotFound, and no warning only
};

class Puller {
 public:
  // All must outlive this. `downloads` is shared by all that write to the same store.
  Puller(BlobSink& sink, DownloadTable& downloads, PullEvents& events)
      : sink_(sink), downloads_(downloads), events_(events) {}

  // What an image consists of, without its layers: its config is in the sink, its manifest, document, not yet.
  struct Contents {
    Pulled pulled;
    Document document;
    oci::Manifest manifest;
    oci::ImageConfig config;
  };
  Contents fetch_contents(Client& client, const PullRequest& request, const std::stop_token& stop);

  // When it returns every blob is in the sink, and each layer unpacked.
  Pulled pull(Client& client, const PullRequest& request, std::stop_token stop);

 private:
  void check_platform(const Contents& contents, const PullRequest& request);
  Document choose(Client& client, const PullRequest& request, Pulled& pulled, const std::stop_token& stop);
  void fetch(Client& client, const oci::Descriptor& blob, const PullEvents::Layer* layer, const std::stop_token& stop);

  BlobSink& sink_;
  DownloadTable& downloads_;
  PullEvents& events_;
};

}  // namespace minibox::registry
