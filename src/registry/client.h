// One repository of one registry: the calls of the OCI distribution spec, with authentication, redirects and repeated
// attempts, on blobs that are verified as they pass. Any thread may call; every call blocks and can be stopped.
// Errors: kDenied, kNotFound, kUnavailable, kTimeout, kCorrupt, kUnsupported, kCancelled, with the registry's own
// reason.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "oci/descriptor.h"
#include "registry/authorizer.h"
#include "registry/blobs.h"
#include "registry/credentials.h"
#include "registry/http_client.h"
#include "registry/retry.h"
#include "registry/settings.h"

namespace minibox::registry {

struct Document {  // a manifest or an index, as received
  oci::Descriptor descriptor;
  std::string bytes;
};

using OnProgress = std::function<void(std::uint64_t bytes)>;  // of one blob, so far

class Client {
 public:
  // `http` must outlive this. `endpoint` is the registry itself or a mirror of it, `repository` "library/busybox".
  Client(HttpClient& http, Url endpoint, std::string repository, std::optional<Credentials> credentials,
         RetryPolicy retry);

  const Url& endpoint() const { return endpoint_; }

  // kDenied unless the registry accepts the credentials.
  void check_login(std::stop_token stop);

  // `reference` is a tag or a digest; the bytes are what the digest says. kUnsupported for schema 1.
  Document manifest(const std::string& reference, std::stop_token stop, const OnRetry& on_retry);
  // Into the sink, whole and verified. A broken transfer goes on where it broke.
  void download(const oci::Descriptor& blob, BlobSink& sink, std::stop_token stop, const OnRetry& on_retry,
                const OnProgress& on_progress);

  // These bytes of a blob and no others, unverified: only the whole has a digest. kUnsupported when the registry knows
  // no ranges.
  std::string read_range(const oci::Descriptor& blob, std::uint64_t offset, size_t size, std::stop_token stop,
                         const OnRetry& on_retry);
  // A blob of which only the digest is known, verified; kUnsupported past `limit` bytes.
  std::string read_blob(const oci::Digest& digest, size_t limit, std::stop_token stop, const OnRetry& on_retry);

  bool has_blob(const oci::Descriptor& blob, std::stop_token stop, const OnRetry& on_retry);
  enum class Uploaded { kSent, kMounted };
  // `mount_from` is a repository of this registry that has the blob, or empty.
  Uploaded upload(const oci::Descriptor& blob, const std::string& mount_from, BlobSource& source, std::stop_token stop,
                  const OnRetry& on_retry, const OnProgress& on_progress);
  // `reference` is a tag or the manifest's digest. True when the registry says that it keeps the manifest with its
  // subject (distribution spec, OCI-Subject).
  bool put_manifest(const std::string& reference, const Document& manifest, std::stop_token stop,
                    const OnRetry& on_retry);

 private:
  std::unique_ptr<HttpExchange> send(HttpRequest request, const Scopes& scopes, const std::stop_token& stop);
  std::unique_ptr<HttpExchange> send_authorized(HttpRequest& request, const Scopes& scopes,
                                                const std::stop_token& stop);
  Document fetch_manifest(const std::string& reference, const std::stop_token& stop, RetryAdvice& advice);
  std::string fetch_range(const oci::Descriptor& blob, std::uint64_t offset, size_t size, const std::stop_token& stop,
                          RetryAdvice& advice);
  struct Transfer;
  void continue_download(Transfer& transfer, RetryAdvice& advice);
  struct Upload;
  std::optional<Url> begin_upload(const Upload& upload, RetryAdvice& advice);  // nothing: it was mounted
  Url send_blob(const Upload& upload, const Url& location, RetryAdvice& advice);
  Url url(const std::string& path) const;
  Url location_of(const HttpExchange& exchange, const Url& from) const;
  Scopes pull_scope() const { return {"repository:" + repository_ + ":pull"}; }
  Scopes push_scope() const { return {"repository:" + repository_ + ":pull,push"}; }

  HttpClient& http_;
  const Url endpoint_;
  const std::string repository_;
  const RetryPolicy retry_;
  Authorizer authorizer_;
};

}  // namespace minibox::registry
