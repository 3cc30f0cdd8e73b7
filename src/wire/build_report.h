// How a build went, block by block: the line that ends its log when the request asks for it, after a byte with which no
// other line begins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minibox::wire {

inline constexpr char kReportMark = '\x1e';
// How the reason of a failed build begins that has made its image all the same.
inline constexpr std::string_view kCacheNotStored = "the image is built, but not its cache";

struct BuildReport {
  struct Block {
    std::string name;
    std::vector<std::string> waits_for;  // names: NEED, BNEED and COPY FROM
    bool in_image = false;
    bool cached = false;
    std::int64_t start_us = 0;  // since the beginning of the build
    std::int64_t spent_us = 0;
    std::int64_t size = 0;  // bytes of the layer as stored
    std::string change;     // against the last build of the image
    bool operator==(const Block&) const = default;
  };

  std::string image;
  std::int64_t total_us = 0;
  std::vector<Block> blocks;  // each behind those it waits for
  bool operator==(const BuildReport&) const = default;

  static BuildReport parse(const std::string& json);  // kInvalid
  std::string print() const;                          // one line
};

}  // namespace minibox::wire
