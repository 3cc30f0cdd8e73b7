#include "store/layer_indexes.h"

#include <sys/stat.h>

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "oci/sha256.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr std::string_view kNone = "none: ";
constexpr size_t kMaxFile = 4096;

struct PrintedIndex {
  std::string bytes;
  std::string why_not;  // there are none
};

PrintedIndex print_attempt(const IndexAttempt& made) {
  if (!made.index) return {{}, made.why_not};
  try {
    std::string bytes = made.index->print();
    if (bytes.size() > kMaxLayerIndex) return {{}, "the index would be larger than 64 MiB"};
    return {std::move(bytes), {}};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kExhausted) throw;
    return {{}, error.text()};
  }
}

}  // namespace

LayerIndexes::LayerIndexes(const DataRoot& root, BlobStore blobs, Hold hold)
    : root_(root), blobs_(std::move(blobs)), hold_(std::move(hold)) {}

std::optional<LayerIndexes::Known> LayerIndexes::find(const oci::Digest& layer) const {
  const auto text = sys::try_read_file(path(layer), kMaxFile);
  if (!text) return std::nullopt;
  if (text->starts_with(kNone)) return Known{{}, text->substr(kNone.size())};
  if (!oci::Digest::is_hex(*text)) return std::nullopt;  // cut short by a power cut
  const oci::Digest index = oci::Digest::from_hex(*text);
  if (!blobs_.has(index)) return std::nullopt;
  return Known{index, {}};
}

LayerIndex LayerIndexes::read(const oci::Digest& index) const {
  const std::string bytes = sys::read_all(blobs_.open(index), kMaxLayerIndex, "layer index " + index.short_hex());
  if (oci::Sha256::of(bytes) != index) {
    throw Error(ErrorKind::kCorrupt, "layer index " + index.short_hex() + " is damaged");
  }
  return LayerIndex::parse(bytes);
}

std::optional<oci::Descriptor> LayerIndexes::whole(const oci::Digest& index) const {
  const auto info = sys::try_lstat(root_.blob(index));
  if (!info) return std::nullopt;
  oci::Descriptor blob{std::string(kLayerIndexMediaType), index, static_cast<std::uint64_t>(info->st_size), {}, {}};
  if (!blobs_.is_whole(blob)) return std::nullopt;
  return blob;
}

bool LayerIndexes::is_of(const oci::Digest& index, const oci::Digest& layer) const {
  const auto known = find(layer);
  if (known && known->index == index) return true;
  try {
    return read(index).blob == layer;
  } catch (const Error& error) {
    if (error.errno_value() != 0) throw;
    return false;
  }
}

std::vector<oci::Descriptor> LayerIndexes::named_by(const oci::Manifest& manifest) const {
  std::vector<oci::Descriptor> indexes;
  for (const oci::Descriptor& layer : manifest.layers) {
    const auto index = named_index(layer);
    auto blob = index ? whole(*index) : std::nullopt;
    if (blob && is_of(*index, layer.digest)) indexes.push_back(std::move(*blob));
  }
  return indexes;
}

void LayerIndexes::put(const oci::Digest& layer, const IndexAttempt& made) {
  const PrintedIndex printed = print_attempt(made);
  const std::string text = printed.why_not.empty() ? blobs_.put(printed.bytes, kLayerIndexMediaType).digest.hex()
                                                   : std::string(kNone) + printed.why_not;
  sys::replace_file(path(layer), text.substr(0, kMaxFile));
}

LayerIndexes::Known LayerIndexes::ensure(const oci::Digest& layer, const std::stop_token& stop) {
  const ClaimTable<oci::Digest>::Claim claim = under_way_.claim(layer, stop);
  if (auto known = find(layer); known && (known->index.empty() || whole(known->index))) return std::move(*known);
  const IndexAttempt made = make_layer_index(blobs_.open(layer), layer, stop);
  const auto held = hold_();
  put(layer, made);
  if (auto known = find(layer)) return std::move(*known);
  throw Error(ErrorKind::kInternal, "the index of layer " + layer.short_hex() + " can't be read back");
}

bool LayerIndexes::tells_truth(const oci::Digest& named, const oci::Digest& layer, const std::stop_token& stop) {
  const Known own = ensure(layer, stop);
  if (own.index == named) return true;
  if (own.index.empty()) return false;
  try {
    return read(named).print() == read(own.index).print();  // another zstd may have compressed it
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCorrupt) return false;
    throw;
  }
}

template <typename Action>
void LayerIndexes::each(Action action) const {
  for (const std::string& name : sys::list_dir(root_.indexes())) {
    if (oci::Digest::is_hex(name)) action(oci::Digest::from_hex(name));
  }
}

void LayerIndexes::mark(std::set<oci::Digest>& marked) const {
  each([&](const oci::Digest& layer) {
    if (!marked.contains(layer)) return;
    const auto known = find(layer);
    if (known && !known->index.empty()) marked.insert(known->index);
  });
}

void LayerIndexes::sweep(const std::set<oci::Digest>& marked) const {
  each([&](const oci::Digest& layer) {
    if (!marked.contains(layer)) sys::remove_file(path(layer));
  });
}

}  // namespace minibox::store
