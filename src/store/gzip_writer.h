// Compresses a stream to gzip with ISA-L (level 1: several times faster than zlib's). The output depends on the input
// alone: no time stamp, no file name. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace minibox::store {

using ByteSink = std::function<void(std::string_view)>;

class GzipWriter {
 public:
  explicit GzipWriter(ByteSink sink);
  ~GzipWriter();
  void write(std::string_view bytes);
  void end_member();  // what comes next can be read without what came before
  void finish();      // once, after the last write

 private:
  struct State;
  void begin_member();
  void deflate(std::string_view bytes, bool last);

  ByteSink sink_;
  std::unique_ptr<State> state_;
  std::string pending_;  // less than a piece
};

}  // namespace minibox::store
