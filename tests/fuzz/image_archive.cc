// What `minibox load` reads: an archive of images in any of its forms. Whatever it says, all that stays is an image
// whose parts fit together, in the data root.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "fuzz.h"
#include "store/archived_images.h"
#include "store/image_archive.h"
#include "sys/file.h"

extern "C" size_t LLVMFuzzerMutate(std::uint8_t* data, size_t size, size_t max_size);

namespace {

constexpr size_t kBlock = 512;

// POSIX.1, "ustar Interchange Format": the sum of the header's bytes, its own field counted as blanks.
void put_sum(std::uint8_t* header) {
  constexpr size_t kSum = 148;
  constexpr size_t kSumSize = 8;
  std::memset(header + kSum, ' ', kSumSize);
  unsigned sum = 0;
  for (size_t i = 0; i < kBlock; ++i) sum += header[i];
  std::snprintf(reinterpret_cast<char*>(header + kSum), kSumSize, "%06o", sum);
}

}  // namespace

// With headers put right, or hardly any change would get past the first one.
extern "C" size_t LLVMFuzzerCustomMutator(std::uint8_t* data, size_t size, size_t max_size, unsigned) {
  const size_t changed = LLVMFuzzerMutate(data, size, max_size);
  constexpr size_t kMagic = 257;
  for (size_t at = 0; at + kBlock <= changed; at += kBlock) {
    if (std::memcmp(data + at + kMagic, "ustar", 5) == 0) put_sum(data + at);
  }
  return changed;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minibox;
  const std::string bytes = fuzz::text_of(data, size);
  const sys::TempDir dir("/dev/shm", "minibox-fuzz.");
  const auto root = store::DataRoot::open(dir.path() + "/data");
  const store::BlobStore blobs(root);
  store::ArchiveLimits limits;
  limits.layer = {.max_entries = 1000, .max_bytes = 1 << 20, .max_ratio = 1};
  fuzz::allow_errors([&] {
    const auto images = store::find_images(store::read_image_archive(store::bytes_of(bytes), root, blobs, limits));
    fuzz::require(!images.empty());
    for (const store::ArchivedImage& image : images) {
      for (const store::StagedLayerPointer& layer : image.layers) fuzz::require(layer != nullptr && !layer->damage);
    }
  });
  // Nothing was committed, so nothing is left.
  fuzz::require(sys::list_dir(dir.path()) == std::vector<std::string>{"data"});
  fuzz::require(sys::list_dir(root.blobs()).empty() && sys::list_dir(root.tmp()).empty());
  return 0;
}
