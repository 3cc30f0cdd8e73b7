#include "store/layer_content.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <semaphore>
#include <utility>

#include "base/error.h"
#include "store/layer_chunk.h"
#include "sys/file.h"

namespace minibox::store {

std::string FileRanges::read(std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  if (!sys::read_all_at(file_, bytes.data(), size, offset)) {
    throw Error(ErrorKind::kCorrupt, "the blob is shorter than " + std::to_string(offset + size) + " bytes");
  }
  return bytes;
}

namespace {

// Chunks of an ordinary layer are smaller. Larger ones are few at a time, whoever waits for them: that bounds the
// memory of a reader with many threads, and leaves the others alone.
constexpr std::uint64_t kLargeChunk = 16u << 20;
constexpr std::ptrdiff_t kLargeAtOnce = 2;

}  // namespace

// Chunks that are there or on their way, each fetched by the first who wants it while the others wait.
class ChunkCache {
 public:
  using Chunk = std::shared_ptr<const std::string>;

  using Key = std::pair<std::uint64_t, size_t>;  // a layer's number here, a chunk's in the layer

  explicit ChunkCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  Chunk get(const Key& number, const std::function<std::string()>& fetch) {
    std::promise<Chunk> promise;
    if (const auto known = find_or_begin(number, promise)) return known->get();
    try {
      auto chunk = std::make_shared<const std::string>(fetch());
      promise.set_value(chunk);
      keep(number, chunk->size());
      return chunk;
    } catch (...) {
      promise.set_exception(std::current_exception());
      const std::lock_guard lock(mutex_);
      slots_.erase(number);
      throw;
    }
  }

  std::uint64_t next_layer() { return layers_++; }

  // While `make` makes a chunk of `bytes`, compressed or not.
  std::string make_in_turn(std::uint64_t bytes, const std::function<std::string()>& make) {
    if (bytes <= kLargeChunk) return make();
    large_.acquire();
    const std::unique_ptr<std::counting_semaphore<>, void (*)(std::counting_semaphore<>*)> turn(
        &large_, [](std::counting_semaphore<>* large) { large->release(); });
    return make();
  }

 private:
  struct Slot {
    std::shared_future<Chunk> chunk;
    size_t size = 0;                 // once it is there
    std::list<Key>::iterator place;  // in used_, likewise
  };

  // Nothing: the caller is to fetch it and keep the promise.
  std::optional<std::shared_future<Chunk>> find_or_begin(const Key& number, std::promise<Chunk>& promise) {
    const std::lock_guard lock(mutex_);
    const auto [slot, is_new] = slots_.try_emplace(number);
    if (is_new) {
      slot->second.chunk = promise.get_future().share();
      return std::nullopt;
    }
    if (slot->second.size > 0) used_.splice(used_.begin(), used_, slot->second.place);
    return slot->second.chunk;
  }

  void keep(const Key& number, size_t size) {
    const std::lock_guard lock(mutex_);
    Slot& slot = slots_.at(number);
    used_.push_front(number);
    slot.place = used_.begin();
    slot.size = size;
    bytes_ += size;
    while (bytes_ > max_bytes_ && used_.size() > 1) {
      const auto oldest = slots_.find(used_.back());
      bytes_ -= oldest->second.size;
      slots_.erase(oldest);
      used_.pop_back();
    }
  }

  const size_t max_bytes_;
  std::mutex mutex_;
  std::map<Key, Slot> slots_;
  std::list<Key> used_;  // those that are there, the last used first
  size_t bytes_ = 0;
  std::atomic<std::uint64_t> layers_ = 0;
  std::counting_semaphore<> large_{kLargeAtOnce};
};

std::shared_ptr<ChunkCache> make_chunk_cache(std::size_t max_bytes) {
  return std::make_shared<ChunkCache>(max_bytes);
}

LayerContent::LayerContent(const LayerIndex& index, BlobRanges& ranges, std::shared_ptr<ChunkCache> cache)
    : index_(index), ranges_(ranges), cache_(std::move(cache)), number_(cache_->next_layer()) {}

LayerContent::~LayerContent() = default;

void LayerContent::read(std::uint64_t offset, char* buffer, std::size_t size) {
  if (size > index_.size || offset > index_.size - size) {
    throw Error(ErrorKind::kInternal, "a read behind the end of layer " + index_.blob.short_hex());
  }
  const auto behind = [](std::uint64_t at, const LayerChunk& chunk) { return at < chunk.offset; };
  const auto found = std::upper_bound(index_.chunks.begin(), index_.chunks.end(), offset, behind);
  for (auto number = static_cast<size_t>(found - index_.chunks.begin()) - 1; size > 0; ++number) {
    const LayerChunk& chunk = index_.chunks[number];
    const ChunkCache::Chunk bytes = cache_->get({number_, number}, [&] {
      return with_context("layer " + index_.blob.short_hex() + ": chunk " + std::to_string(number + 1),
                          [&] { return make_chunk(number); });
    });
    const size_t part = bytes->copy(buffer, size, offset - chunk.offset);
    buffer += part;
    offset += part;
    size -= part;
  }
}

std::string LayerContent::make_chunk(std::size_t number) {
  const LayerChunk& chunk = index_.chunks[number];
  const std::uint64_t begin = blob_begin(chunk);
  const std::uint64_t size = index_.chunk_size(number);
  return cache_->make_in_turn(std::max(size, chunk.blob_end - begin), [&] {
    return decode_chunk(index_.compression, chunk, ranges_.read(begin, chunk.blob_end - begin), size);
  });
}

}  // namespace minibox::store
