// The index of a layer, as a registry may send it: what is accepted keeps its promises and is printed the same, and
// reading through it ends in the right bytes or in an error. The first byte says whether the rest is the text in the
// index or its blob.
#include "store/layer_index.h"

#include <zstd.h>

#include "fuzz.h"
#include "store/layer_content.h"

namespace {

using namespace minibox;

std::string compressed(std::string_view text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 1));
  return bytes;
}

class AnyBytes : public store::BlobRanges {
 public:
  std::string read(std::uint64_t, std::size_t size) override {
    if (size > (1u << 20)) throw Error(ErrorKind::kUnavailable, "too much for one run");
    return std::string(size, '\x1f');
  }
};

void read_all(const store::LayerIndex& index) {
  AnyBytes ranges;
  store::LayerContent content(index, ranges, 0);
  for (std::size_t i = 0; i < index.chunks.size() && i < 10; ++i) {
    if (index.chunk_size(i) > (1u << 20)) continue;
    std::string buffer(1, '\0');
    fuzz::allow_errors([&] { content.read(index.chunks[i].offset, buffer.data(), 1); });
  }
  for (const store::IndexedEntry& each : index.entries) {
    fuzz::require(each.entry.path.find("..") == std::string::npos || !each.entry.path.starts_with("../"));
    fuzz::require(each.entry.size <= index.size && each.content <= index.size - each.entry.size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string rest = fuzz::text_of(data + 1, size - 1);
  const std::string blob = data[0] == 't' ? compressed(rest) : rest;
  fuzz::check_round_trip<store::LayerIndex>(blob);
  fuzz::allow_errors([&] { read_all(store::LayerIndex::parse(blob)); });
  return 0;
}
