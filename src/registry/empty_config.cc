#include "registry/empty_config.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "oci/sha256.h"
#include "registry/blobs.h"

namespace minibox::registry {
namespace {

constexpr std::string_view kEmptyMediaType = "application/vnd.oci.empty.v1+json";
constexpr std::string_view kEmptyConfig = "{}";

class TextReader : public BlobReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text) {}
  size_t read(char* buffer, size_t size) override {
    const size_t count = std::min(size, rest_.size());
    std::memcpy(buffer, rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
};

class EmptyConfigSource : public BlobSource {
 public:
  std::unique_ptr<BlobReader> open(const oci::Descriptor&) override {
    return std::make_unique<TextReader>(kEmptyConfig);
  }
};

}  // namespace

oci::Descriptor empty_config() {
  return {std::string(kEmptyMediaType), oci::Sha256::of(kEmptyConfig), kEmptyConfig.size(), {}, {}};
}

void ensure_empty_config(Client& client, const std::stop_token& stop, const OnRetry& on_retry) {
  EmptyConfigSource source;
  const oci::Descriptor config = empty_config();
  if (client.has_blob(config, stop, on_retry)) return;
  client.upload(config, "", source, stop, on_retry, [](std::uint64_t) {});
}

}  // namespace minibox::registry
