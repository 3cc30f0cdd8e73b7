#include "registry/client.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "oci/sha256.h"
#include "registry/answer_error.h"

namespace minibox::registry {
namespace {

constexpr int kMaxRedirects = 5;
constexpr int kMaxLogins = 1;  // a token may have ended; one just got is refused for good
constexpr char kSchema1[] = "application/vnd.docker.distribution.manifest.v1";

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Connections that break and registries that are busy; not who can't be reached at all.
bool passes_for_documents(const Error& error) {
  const bool passing = error.kind() == ErrorKind::kUnavailable || error.kind() == ErrorKind::kTimeout;
  return passing && dynamic_cast<const Unreachable*>(&error) == nullptr;
}

[[noreturn]] void refuse(HttpExchange& exchange, RetryAdvice& advice) {
  advice.after = retry_after(exchange.head());
  throw answer_error(exchange);
}

// By the header; by the document itself when a plain web server stands behind the registry's name.
std::string media_type_of(const HttpHead& head, const std::string& bytes) {
  const std::string& field = head.header("content-type");
  const std::string type(trim(std::string_view(field).substr(0, field.find(';'))));
  if (type.starts_with("application/vnd.")) return type;
  const oci::Json document = oci::parse_document(bytes, "manifest");
  const oci::JsonObject root(document, "manifest");
  if (root.has("mediaType")) return root.text("mediaType");
  return std::string(root.has("manifests") ? oci::kIndexMediaType : oci::kManifestMediaType);
}

// Of a part of a blob, as HTTP has it.
std::string range_text(std::uint64_t offset, std::uint64_t size) {
  return std::to_string(offset) + "-" + std::to_string(offset + size - 1);
}

bool passes_for_blobs(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable || error.kind() == ErrorKind::kTimeout ||
         error.kind() == ErrorKind::kCorrupt;
}

// "" also when it is of an algorithm that says nothing to us.
std::string announced_digest(const HttpHead& head) {
  const std::string& digest = head.header("docker-content-digest");
  return digest.starts_with("sha256:") ? digest : std::string();
}

void check_known(const oci::Descriptor& document) {
  if (document.is_manifest() || document.is_index()) return;
  if (document.media_type.starts_with(kSchema1)) {
    throw Error(ErrorKind::kUnsupported, "this image is kept in the form of 2015 (schema 1), which is not supported")
        .with_hint("push it again with a present-day client");
  }
  throw Error(ErrorKind::kUnsupported,
              "the registry's answer is of type " + quote(document.media_type) + ", which is no image");
}

}  // namespace

Client::Client(HttpClient& http, Url endpoint, std::string repository, std::optional<Credentials> credentials,
               RetryPolicy retry)
    : http_(http),
      endpoint_(std::move(endpoint)),
      repository_(std::move(repository)),
      retry_(std::move(retry)),
      authorizer_(http, endpoint_, std::move(credentials)) {}

Url Client::url(const std::string& path) const {
  Url url = endpoint_;
  url.target = "/v2/" + repository_ + path;
  return url;
}

std::unique_ptr<HttpExchange> Client::send_authorized(HttpRequest& request, const Scopes& scopes,
                                                      const std::stop_token& stop) {
  const auto headers = request.headers;
  for (int logins = 0;; ++logins) {
    const std::string authorization = authorizer_.header(scopes);
    request.headers = headers;
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    auto exchange = http_.send(request, stop);
    if (exchange->head().status != 401 || logins == kMaxLogins || request.stream) return exchange;
    if (!authorizer_.learn(exchange->head().header("www-authenticate"), scopes, authorization, stop)) return exchange;
  }
}

// Credentials go to the registry itself and to nobody it redirects to: storage behind it is reached by signed URLs.
std::unique_ptr<HttpExchange> Client::send(HttpRequest request, const Scopes& scopes, const std::stop_token& stop) {
  request.headers.emplace_back("User-Agent", kUserAgent);
  const bool may_follow = request.method == "GET" || request.method == "HEAD";
  for (int redirects = 0;; ++redirects) {
    const auto headers = request.headers;
    auto exchange =
        request.url.same_origin(endpoint_) ? send_authorized(request, scopes, stop) : http_.send(request, stop);
    if (!may_follow || !is_redirect(exchange->head().status)) return exchange;
    if (redirects == kMaxRedirects) throw Error(ErrorKind::kUnavailable, "more than 5 redirects");
    request.headers = headers;
    request.url = location_of(*exchange, request.url);
  }
}

Url Client::location_of(const HttpExchange& exchange, const Url& from) const {
  const std::string& location = exchange.head().header("location");
  if (location.empty()) throw Error(ErrorKind::kUnavailable, "the registry's answer has no Location");
  Url to = with_context("redirect", [&] { return from.resolve(location); });
  if (from.tls && !to.tls) {
    throw Error(ErrorKind::kDenied,
                "the registry leads from " + from.origin() + " to " + to.origin() + ", which has no TLS");
  }
  return to;
}

void Client::check_login(std::stop_token stop) {
  HttpRequest request;
  request.url = endpoint_;
  request.url.target = "/v2/";
  with_context("login to " + endpoint_.origin(), [&] {
    const auto exchange = send(request, {}, stop);
    if (exchange->head().status != 200) throw answer_error(*exchange, authorizer_.sends_password());
  });
}

Document Client::manifest(const std::string& reference, std::stop_token stop, const OnRetry& on_retry) {
  Document document;
  with_retries(retry_, stop, passes_for_documents, on_retry,
               [&](RetryAdvice& advice) { document = fetch_manifest(reference, stop, advice); });
  return document;
}

Document Client::fetch_manifest(const std::string& reference, const std::stop_token& stop, RetryAdvice& advice) {
  HttpRequest request;
  request.url = url("/manifests/" + reference);
  // One field: some proxies keep only one of several.
  std::string accept;
  for (const std::string_view type :
       {oci::kIndexMediaType, oci::kManifestMediaType, oci::kDockerIndexMediaType, oci::kDockerManifestMediaType}) {
    accept.append(accept.empty() ? "" : ", ").append(type);
  }
  request.headers.emplace_back("Accept", std::move(accept));
  const auto exchange = send(std::move(request), pull_scope(), stop);
  if (exchange->head().status != 200) refuse(*exchange, advice);
  Document document;
  document.bytes = exchange->read_all(oci::kMaxDocumentSize);
  document.descriptor.media_type = media_type_of(exchange->head(), document.bytes);
  document.descriptor.digest = oci::Sha256::of(document.bytes);
  document.descriptor.size = document.bytes.size();
  check_known(document.descriptor);
  const std::string announced = announced_digest(exchange->head());
  for (const std::string& expected : {reference.starts_with("sha256:") ? reference : std::string(), announced}) {
    if (expected.empty() || expected == document.descriptor.digest.text()) continue;
    throw Error(ErrorKind::kCorrupt,
                "the manifest has the digest " + document.descriptor.digest.text() + " instead of " + quote(expected));
  }
  return document;
}

// A download over several attempts.
struct Client::Transfer {
  const oci::Descriptor& blob;
  BlobSink& sink;
  std::stop_token stop;
  const OnProgress& on_progress;
  std::unique_ptr<BlobDownload> download =
      nullptr;  // kept when the connection breaks, dropped when the content is wrong

  void begin_again() { download = sink.begin(blob); }
};

void Client::download(const oci::Descriptor& blob, BlobSink& sink, std::stop_token stop, const OnRetry& on_retry,
                      const OnProgress& on_progress) {
  Transfer transfer{blob, sink, stop, on_progress};
  with_retries(retry_, stop, passes_for_blobs, on_retry, [&](RetryAdvice& advice) {
    if (!transfer.download) transfer.begin_again();
    try {
      continue_download(transfer, advice);
      transfer.download->commit();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kCorrupt) transfer.download.reset();
      throw;
    }
  });
}

void Client::continue_download(Transfer& transfer, RetryAdvice& advice) {
  const oci::Descriptor& blob = transfer.blob;
  const std::uint64_t begin = transfer.download->size();
  if (begin == blob.size && begin > 0) return;
  HttpRequest request;
  request.url = url("/blobs/" + blob.digest.text());
  if (begin > 0) request.headers.emplace_back("Range", "bytes=" + std::to_string(begin) + "-");
  const auto exchange = send(std::move(request), pull_scope(), transfer.stop);
  const HttpHead& head = exchange->head();
  if (head.status != 200 && head.status != 206) refuse(*exchange, advice);
  if (head.status == 206 && !head.header("content-range").starts_with("bytes " + std::to_string(begin) + "-")) {
    throw Error(ErrorKind::kCorrupt, "the registry sends another part than it was asked for");
  }
  if (head.status == 200 && begin > 0) transfer.begin_again();  // it knows no ranges

  std::string piece(256u << 10, '\0');
  while (const size_t got = exchange->read(piece.data(), piece.size())) {
    if (transfer.download->size() + got > blob.size) {
      throw Error(ErrorKind::kCorrupt,
                  "the registry sends more than the " + std::to_string(blob.size) + " bytes of the blob");
    }
    transfer.download->write({piece.data(), got});
    transfer.on_progress(transfer.download->size());
  }
  if (const std::uint64_t got = transfer.download->size(); got < blob.size) {
    throw Error(ErrorKind::kUnavailable,
                "the registry sent " + std::to_string(got) + " of " + std::to_string(blob.size) + " bytes");
  }
}

std::string Client::read_range(const oci::Descriptor& blob, std::uint64_t offset, size_t size, std::stop_token stop,
                               const OnRetry& on_retry) {
  std::string bytes;
  with_retries(retry_, stop, passes_for_blobs, on_retry,
               [&](RetryAdvice& advice) { bytes = fetch_range(blob, offset, size, stop, advice); });
  return bytes;
}

std::string Client::fetch_range(const oci::Descriptor& blob, std::uint64_t offset, size_t size,
                                const std::stop_token& stop, RetryAdvice& advice) {
  if (size == 0) return {};
  HttpRequest request;
  request.url = url("/blobs/" + blob.digest.text());
  request.headers.emplace_back("Range", "bytes=" + range_text(offset, size));
  const auto exchange = send(std::move(request), pull_scope(), stop);
  const HttpHead& head = exchange->head();
  if (head.status == 200) throw Error(ErrorKind::kUnsupported, "the registry sends whole blobs only");
  if (head.status != 206) refuse(*exchange, advice);
  if (!head.header("content-range").starts_with("bytes " + range_text(offset, size) + "/"))
    throw Error(ErrorKind::kCorrupt, "the registry sends another part than it was asked for");
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const size_t got = exchange->read(bytes.data() + done, size - done);
    if (got == 0) break;
    done += got;
  }
  char more = 0;
  if (done < size || exchange->read(&more, 1) != 0)
    throw Error(ErrorKind::kUnavailable, "the registry's answer is not as long as it was asked for");
  return bytes;
}

std::string Client::read_blob(const oci::Digest& digest, size_t limit, std::stop_token stop, const OnRetry& on_retry) {
  std::string bytes;
  with_retries(retry_, stop, passes_for_blobs, on_retry, [&](RetryAdvice& advice) {
    HttpRequest request;
    request.url = url("/blobs/" + digest.text());
    const auto exchange = send(std::move(request), pull_scope(), stop);
    if (exchange->head().status != 200) refuse(*exchange, advice);
    bytes = exchange->read_all(limit);
    if (oci::Sha256::of(bytes) != digest)
      throw Error(ErrorKind::kCorrupt, "the registry sends wrong content for " + digest.text());
  });
  return bytes;
}

bool Client::has_blob(const oci::Descriptor& blob, std::stop_token stop, const OnRetry& on_retry) {
  bool has = false;
  with_retries(retry_, stop, passes_for_documents, on_retry, [&](RetryAdvice& advice) {
    HttpRequest request;
    request.method = "HEAD";
    request.url = url("/blobs/" + blob.digest.text());
    const auto exchange = send(std::move(request), push_scope(), stop);
    const int status = exchange->head().status;
    if (status != 200 && status != 404) refuse(*exchange, advice);
    has = status == 200;
  });
  return has;
}

// A blob on its way out, over several attempts.
struct Client::Upload {
  const oci::Descriptor& blob;
  const std::string& mount_from;
  BlobSource& source;
  std::stop_token stop;
  const OnProgress& on_progress;
  Scopes scopes;  // the same for each step: a token that has ended is renewed by the first
};

std::optional<Url> Client::begin_upload(const Upload& upload, RetryAdvice& advice) {
  HttpRequest request;
  request.method = "POST";
  request.url = url("/blobs/uploads/");
  if (!upload.mount_from.empty()) {
    request.url.add_query("mount", upload.blob.digest.text());
    request.url.add_query("from", upload.mount_from);
  }
  const Url from = request.url;
  const auto exchange = send(std::move(request), upload.scopes, upload.stop);
  if (exchange->head().status == 201) return std::nullopt;  // mounted
  if (exchange->head().status != 202) refuse(*exchange, advice);
  return location_of(*exchange, from);
}

Url Client::send_blob(const Upload& upload, const Url& location, RetryAdvice& advice) {
  const std::unique_ptr<BlobReader> reader = upload.source.open(upload.blob);
  std::uint64_t sent = 0;
  HttpRequest request;
  request.method = "PATCH";
  request.url = location;
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.stream_size = upload.blob.size;
  request.stream = [&](char* buffer, size_t size) {
    upload.on_progress(sent);
    const size_t got = reader->read(buffer, size);
    sent += got;
    return got;
  };
  const auto exchange = send(std::move(request), upload.scopes, upload.stop);
  const int status = exchange->head().status;
  // A token may have ended during a long upload: the next attempt gets another.
  if (status == 401) throw Error(ErrorKind::kUnavailable, answer_error(*exchange).text());
  if (status != 202 && status != 204) refuse(*exchange, advice);
  return location_of(*exchange, location);
}

Client::Uploaded Client::upload(const oci::Descriptor& blob, const std::string& mount_from, BlobSource& source,
                                std::stop_token stop, const OnRetry& on_retry, const OnProgress& on_progress) {
  Upload upload{blob, mount_from, source, stop, on_progress, push_scope()};
  if (!mount_from.empty()) upload.scopes.push_back("repository:" + mount_from + ":pull");
  Uploaded result = Uploaded::kSent;
  with_retries(retry_, stop, passes_for_documents, on_retry, [&](RetryAdvice& advice) {
    const std::optional<Url> location = begin_upload(upload, advice);
    if (!location) {
      result = Uploaded::kMounted;
      return;
    }
    HttpRequest commit;
    commit.method = "PUT";
    commit.url = send_blob(upload, *location, advice);
    commit.url.add_query("digest", blob.digest.text());
    const auto exchange = send(std::move(commit), upload.scopes, stop);
    if (exchange->head().status != 201 && exchange->head().status != 204) refuse(*exchange, advice);
  });
  return result;
}

bool Client::put_manifest(const std::string& reference, const Document& manifest, std::stop_token stop,
                          const OnRetry& on_retry) {
  bool knows_subject = false;
  with_retries(retry_, stop, passes_for_documents, on_retry, [&](RetryAdvice& advice) {
    HttpRequest request;
    request.method = "PUT";
    request.url = url("/manifests/" + reference);
    request.headers = {{"Content-Type", manifest.descriptor.media_type}};
    request.body = manifest.bytes;
    const auto exchange = send(std::move(request), push_scope(), stop);
    if (exchange->head().status != 201 && exchange->head().status != 200) refuse(*exchange, advice);
    const std::string got = announced_digest(exchange->head());
    if (!got.empty() && got != manifest.descriptor.digest.text()) {
      throw Error(ErrorKind::kCorrupt, "the registry stored the manifest as " + quote(got) + " instead of " +
                                           manifest.descriptor.digest.text());
    }
    knows_subject = !exchange->head().header("oci-subject").empty();
  });
  return knows_subject;
}

}  // namespace minibox::registry
