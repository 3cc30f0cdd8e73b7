#include "store/gzip_writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>

#include "store/decompressor.h"
#include "store/image_archive.h"

namespace minibox::store {
namespace {

// Text that compresses, with noise in between, of some members' length.
std::string sample() {
  std::mt19937 random(1);
  std::string bytes;
  while (bytes.size() < 3u << 20) {
    bytes += "line " + std::to_string(random() % 5000) + " of a file\n";
    if (random() % 20 == 0) bytes += static_cast<char>(random());
  }
  return bytes;
}

TEST(GzipWriter, TheOutputDependsOnTheBytesAndNotOnTheirPieces) {
  const std::string bytes = sample();
  std::mt19937 random(2);
  const auto compressed = [&](const std::function<size_t()>& next_size) {
    std::string result;
    GzipWriter writer([&](std::string_view piece) { result += piece; });
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, next_size());
      writer.write(piece);
      rest.remove_prefix(piece.size());
    }
    writer.finish();
    return result;
  };
  const std::string whole = compressed([&] { return bytes.size(); });
  EXPECT_LT(whole.size(), bytes.size() / 2);
  EXPECT_EQ(compressed([] { return size_t{10'240}; }), whole);
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(compressed([&] { return 1 + random() % (round % 2 == 0 ? 1'000'000 : 5'000); }), whole);
  }
}

TEST(GzipWriter, MembersAreFilesOfTheirOwn) {
  std::string result;
  GzipWriter writer([&](std::string_view piece) { result += piece; });
  writer.write("one");
  writer.end_member();
  const size_t second = result.size();
  writer.write("two");
  writer.finish();
  const auto inflated = [](std::string_view gzip) {
    Decompressor bytes(in_chunks(bytes_of(gzip), 4096));
    std::string all;
    for (std::string_view piece = bytes.next(); !piece.empty(); piece = bytes.next()) all += piece;
    return all;
  };
  EXPECT_EQ(inflated(result), "onetwo");
  EXPECT_EQ(inflated(std::string_view(result).substr(second)), "two");
}

}  // namespace
}  // namespace minibox::store
