#include "store/layer_chunk.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <memory>
#include <utility>

#include "base/error.h"
#include "oci/sha256.h"

namespace minibox::store {
namespace {

[[noreturn]] void corrupt(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, why);
}

std::string decode_gzip(const LayerChunk& chunk, std::string& bytes, std::uint64_t size) {
  std::string output(size, '\0');
  const auto state = std::make_unique<inflate_state>();
  isal_inflate_init(state.get());
  state->next_in = reinterpret_cast<uint8_t*>(bytes.data());
  state->avail_in = static_cast<uint32_t>(bytes.size());
  state->next_out = reinterpret_cast<uint8_t*>(output.data());
  state->avail_out = static_cast<uint32_t>(size);
  state->crc_flag = chunk.raw_deflate ? ISAL_DEFLATE : ISAL_GZIP;
  if (chunk.bits > 0) {
    state->read_in = static_cast<unsigned char>(bytes.at(0)) >> (8 - chunk.bits);
    state->read_in_length = static_cast<int32_t>(chunk.bits);
    ++state->next_in;
    --state->avail_in;
  }
  auto* const window = reinterpret_cast<uint8_t*>(const_cast<char*>(chunk.window.data()));
  if (!chunk.window.empty() && isal_inflate_set_dict(state.get(), window, chunk.window.size()) != ISAL_DECOMP_OK) {
    corrupt("its window is refused");
  }
  while (state->avail_out > 0) {
    if (state->block_state == ISAL_BLOCK_FINISH) {
      if (chunk.raw_deflate) corrupt("its gzip stream ends too early");
      isal_inflate_reset(state.get());
      state->crc_flag = ISAL_GZIP;
    }
    const uint32_t in = state->avail_in;
    const uint32_t out = state->avail_out;
    const int result = isal_inflate(state.get());
    if (result < 0 || result > ISAL_OUT_OVERFLOW) corrupt("its gzip data is damaged");
    if (state->avail_in == in && state->avail_out == out) corrupt("its gzip data is cut short");
  }
  return output;
}

std::string decode_zstd(const std::string& bytes, std::uint64_t size) {
  std::string output(size, '\0');
  const size_t got = ZSTD_decompress(output.data(), output.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got)) corrupt(std::string("its zstd data is damaged: ") + ZSTD_getErrorName(got));
  output.resize(got);
  return output;
}

std::string decode(Compression compression, const LayerChunk& chunk, std::string bytes, std::uint64_t size) {
  switch (compression) {
    case Compression::kGzip:
      return decode_gzip(chunk, bytes, size);
    case Compression::kZstd:
      return decode_zstd(bytes, size);
    case Compression::kNone:
      break;
  }
  return bytes;
}

}  // namespace

std::string decode_chunk(Compression compression, const LayerChunk& chunk, std::string bytes, std::uint64_t size) {
  if (bytes.size() != chunk.blob_end - blob_begin(chunk)) corrupt("its range of the blob is cut short");
  std::string output = decode(compression, chunk, std::move(bytes), size);
  if (const oci::Digest got = oci::Sha256::of(output); got != chunk.digest) {
    corrupt("its content has the digest " + got.text() + " instead of " + chunk.digest.text());
  }
  return output;
}

}  // namespace minibox::store
