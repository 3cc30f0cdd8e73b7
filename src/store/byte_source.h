// Where bytes come from when nobody knows how many: a blob, a client's stream.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace minibox::store {

// Puts at most `size` bytes into `buffer`; 0 at the end. May throw.
using ByteSource = std::function<size_t(char* buffer, size_t size)>;
// The next bytes, valid until the next call; empty at the end. May throw.
using ChunkSource = std::function<std::string_view()>;

inline ChunkSource in_chunks(ByteSource source, size_t size = 64u << 10) {
  return [source = std::move(source), buffer = std::string(size, '\0')]() mutable {
    return std::string_view(buffer).substr(0, source(buffer.data(), buffer.size()));
  };
}

}  // namespace minibox::store
