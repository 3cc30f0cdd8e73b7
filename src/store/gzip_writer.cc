#include "store/gzip_writer.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/error.h"

namespace minibox::store {

namespace {

constexpr size_t kPiece = 256u << 10;

}  // namespace

struct GzipWriter::State {
  isal_zstream stream;
  std::array<uint8_t, ISAL_DEF_LVL1_DEFAULT> level;
  std::array<uint8_t, 256u << 10> output;
};

GzipWriter::GzipWriter(ByteSink sink) : sink_(std::move(sink)), state_(std::make_unique<State>()) {
  begin_member();
}

void GzipWriter::begin_member() {
  isal_zstream& stream = state_->stream;
  isal_deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = state_->level.data();
  stream.level_buf_size = static_cast<uint32_t>(state_->level.size());
  stream.gzip_flag = IGZIP_GZIP;
}

GzipWriter::~GzipWriter() = default;

void GzipWriter::deflate(std::string_view bytes, bool last) {
  isal_zstream& stream = state_->stream;
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uint32_t>(bytes.size());
  stream.end_of_stream = last ? 1 : 0;
  do {
    stream.next_out = state_->output.data();
    stream.avail_out = static_cast<uint32_t>(state_->output.size());
    if (isal_deflate(&stream) != COMP_OK) throw Error(ErrorKind::kInternal, "gzip compression refused its input");
    sink_({reinterpret_cast<char*>(state_->output.data()), state_->output.size() - stream.avail_out});
  } while (stream.avail_out == 0 || stream.avail_in > 0);
}

// The library may compress the same bytes differently when they come in other pieces: it gets them in pieces of one
// size, whatever the caller's are.
void GzipWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kPiece - pending_.size());
    bytes.remove_prefix(part.size());
    if (part.size() == kPiece) {
      deflate(part, false);
      continue;
    }
    pending_ += part;
    if (pending_.size() < kPiece) continue;
    deflate(pending_, false);
    pending_.clear();
  }
}

void GzipWriter::end_member() {
  finish();
  begin_member();
}

void GzipWriter::finish() {
  deflate(pending_, true);
  pending_.clear();
}

}  // namespace minibox::store
