// A layer's compressed blob, wherever it is by now: in the store as soon as it is there, otherwise in the registry. Any
// thread may call.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

#include "oci/descriptor.h"
#include "registry/client.h"
#include "store/layer_content.h"
#include "sys/fd.h"

namespace minibox::lazy {

// Where an image can be fetched from, best first: mirrors, then the registry itself.
class RemoteSources {
 public:
  // `stop` ends what is under way.
  RemoteSources(std::vector<std::unique_ptr<registry::Client>> clients, std::stop_token stop)
      : clients_(std::move(clients)), stop_(std::move(stop)) {}

  // From the first one that gives it; that one is asked first from then on. The last one's Error; kUnavailable when
  // there is none.
  std::string read_range(const oci::Descriptor& blob, std::uint64_t offset, size_t size);

 private:
  const std::vector<std::unique_ptr<registry::Client>> clients_;
  const std::stop_token stop_;
  std::atomic<size_t> best_ = 0;
};

class BlobSource : public store::BlobRanges {
 public:
  // `blobs` is the folder of the store's blobs; both must outlive this.
  BlobSource(const sys::Fd& blobs, oci::Descriptor blob, RemoteSources& remote);

  std::string read(std::uint64_t offset, std::size_t size) override;

 private:
  store::BlobRanges* stored();  // null while it is not there

  const sys::Fd& blobs_;
  const oci::Descriptor blob_;
  RemoteSources& remote_;
  std::mutex mutex_;
  std::unique_ptr<store::FileRanges> file_;
};

}  // namespace minibox::lazy
