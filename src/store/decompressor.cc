#include "store/decompressor.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <array>
#include <utility>
#include <vector>

#include "base/error.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

constexpr size_t kOutputSize = 256u << 10;

[[noreturn]] void corrupt(const char* what) {
  throw Error(ErrorKind::kCorrupt, what);
}

// Input of a codec: refilled only when used up.
class Input {
 public:
  explicit Input(ChunkSource source) : source_(std::move(source)) {}

  // More bytes unless some are left; false at the end.
  bool fill() {
    if (left_.empty()) left_ = source_();
    return !left_.empty();
  }
  // What comes first: `count` bytes at least, unless the file ends before. Only at the beginning.
  std::string_view peek(size_t count) {
    fill();
    while (left_.size() < count) {
      const size_t before = left_.size();
      std::string joined(left_);
      joined += source_();  // what it gave before is gone, also when nothing more comes
      head_ = std::move(joined);
      left_ = head_;
      if (left_.size() == before) break;
    }
    return left_;
  }
  // The codecs want it so, and write nothing.
  char* data() { return const_cast<char*>(left_.data()); }
  size_t size() const { return left_.size(); }
  std::string_view take() { return std::exchange(left_, {}); }
  void consume(size_t count) { left_.remove_prefix(count); }

 private:
  ChunkSource source_;
  std::string head_;
  std::string_view left_;
};

}  // namespace

class Decompressor::Codec {
 public:
  explicit Codec(std::unique_ptr<Input> input) : held_(std::move(input)), input_(*held_) {}
  virtual ~Codec() = default;
  virtual std::string_view next() = 0;

 private:
  std::unique_ptr<Input> held_;  // never moved: it points into itself

 protected:
  Input& input_;
};

namespace {

class PlainCodec : public Decompressor::Codec {
 public:
  using Codec::Codec;
  std::string_view next() override {
    input_.fill();
    return input_.take();
  }
};

class GzipCodec : public Decompressor::Codec {
 public:
  explicit GzipCodec(std::unique_ptr<Input> input) : Codec(std::move(input)) {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
  }

  std::string_view next() override {
    for (;;) {
      if (state_.block_state == ISAL_BLOCK_FINISH && !start_next_member()) return {};
      const bool more = input_.fill();
      const size_t produced = inflate();
      if (produced > 0) return {output_.data(), produced};
      if (!more && state_.block_state != ISAL_BLOCK_FINISH) corrupt("gzip data is cut short");
    }
  }

 private:
  size_t inflate() {
    state_.next_in = reinterpret_cast<uint8_t*>(input_.data());
    state_.avail_in = static_cast<uint32_t>(input_.size());
    state_.next_out = reinterpret_cast<uint8_t*>(output_.data());
    state_.avail_out = static_cast<uint32_t>(output_.size());
    const int result = isal_inflate(&state_);
    if (result < 0 || result > ISAL_OUT_OVERFLOW) corrupt("gzip data is damaged");
    input_.consume(input_.size() - state_.avail_in);
    return output_.size() - state_.avail_out;
  }

  bool start_next_member() {
    if (!input_.fill()) return false;
    if (input_.data()[0] != '\x1f') corrupt("gzip data is followed by something else");
    isal_inflate_reset(&state_);
    state_.crc_flag = ISAL_GZIP;
    return true;
  }

  inflate_state state_{};
  std::array<char, kOutputSize> output_;
};

class ZstdCodec : public Decompressor::Codec {
 public:
  explicit ZstdCodec(std::unique_ptr<Input> input) : Codec(std::move(input)), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw Error(ErrorKind::kExhausted, "no memory for zstd");
    // 128 MiB: what the zstd program accepts by default. A larger window is an attack on our memory.
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27);
  }
  ~ZstdCodec() override { ZSTD_freeDStream(stream_); }
  ZstdCodec(const ZstdCodec&) = delete;
  ZstdCodec& operator=(const ZstdCodec&) = delete;

  std::string_view next() override {
    for (;;) {
      const bool more = input_.fill();
      if (!more && frame_done_) return {};
      ZSTD_inBuffer in{input_.data(), input_.size(), 0};
      ZSTD_outBuffer out{output_.data(), output_.size(), 0};
      const size_t result = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(result)) corrupt("zstd data is damaged");
      frame_done_ = result == 0;
      input_.consume(in.pos);
      if (out.pos > 0) return {output_.data(), out.pos};
      if (!more && !frame_done_) corrupt("zstd data is cut short");
    }
  }

 private:
  ZSTD_DStream* stream_;
  bool frame_done_ = false;
  std::array<char, kOutputSize> output_;
};

std::unique_ptr<Decompressor::Codec> make_codec(Compression compression, std::unique_ptr<Input> input) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<GzipCodec>(std::move(input));
    case Compression::kZstd:
      return std::make_unique<ZstdCodec>(std::move(input));
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainCodec>(std::move(input));
}

ByteSource bytes_of(sys::Fd blob) {
  return [file = std::make_shared<sys::Fd>(std::move(blob))](char* buffer, size_t size) {
    return sys::read_some(*file, buffer, size);
  };
}

constexpr size_t kLongestMagic = 10;

// What Docker takes and we don't: as a tar it would be "damaged".
void refuse_others(std::string_view head) {
  const char* program = nullptr;
  if (head.starts_with(std::string_view("\xfd"
                                        "7zXZ\0",
                                        6)))
    program = "xz";
  // "BZh", the size of its blocks as a digit, and the first block's own mark.
  if (head.size() >= kLongestMagic && head.starts_with("BZh") && head.substr(4).starts_with("1AY&SY"))
    program = "bzip2";
  if (program == nullptr) return;
  throw Error(ErrorKind::kUnsupported, std::string("it is compressed with ") + program)
      .with_hint(std::string("gzip and zstd are known here; ") + program + " -dc FILE gives what is in it");
}

}  // namespace

Compression compression_of(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  return Compression::kNone;
}

Decompressor::Decompressor(ChunkSource source) {
  auto input = std::make_unique<Input>(std::move(source));
  const std::string_view head = input->peek(kLongestMagic);
  refuse_others(head);
  compression_ = compression_of(head);
  codec_ = make_codec(compression_, std::move(input));
}
Decompressor::Decompressor(ByteSource source) : Decompressor(in_chunks(std::move(source))) {}
Decompressor::Decompressor(sys::Fd blob) : Decompressor(bytes_of(std::move(blob))) {}
Decompressor::~Decompressor() = default;
std::string_view Decompressor::next() {
  return codec_->next();
}

}  // namespace minibox::store
