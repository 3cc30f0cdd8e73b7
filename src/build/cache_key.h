// The Merkle cache key of a block: a hash over everything its layer depends on. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "build/document.h"
#include "build/scope.h"

namespace minibox::build {

// The same for all blocks of a build.
struct KeyEnvironment {
  std::string platform = "linux/amd64";
  std::string network = "bridge";
  std::int64_t epoch = 0;  // the time that every file of a layer has, seconds since 1970
};

struct BlockKeyInputs {
  const Block& block;
  const Scope& scope;       // before its first instruction
  std::string base;         // the reference it stands on
  std::string base_digest;  // "scratch" when it stands on nothing
  struct Other {
    std::string block;
    std::string key;
  };
  std::vector<Other> waits_for;    // NEED, BNEED and COPY FROM
  std::vector<std::string> lower;  // keys of all layers below, in stacking order
};

using ContentDigest = std::function<std::string(const std::string& source)>;  // of a COPY source in the context

// What went into a key, for build/explain.h.
struct KeyPart {
  enum class Kind { kSetting, kContent, kStack };  // kStack: differs because other parts do
  Kind kind = Kind::kSetting;
  std::string what;  // "base 'alpine'", or a COPY source
  std::string value;
  bool operator==(const KeyPart&) const = default;
};

struct BlockKey {
  std::string text;  // 64 hex digits
  std::vector<KeyPart> parts;
};

// Everything but START, HEALTHCHECK, PORT and VOLUME goes in, which only change the image's config. An
// Error of `digest` gets the line of the COPY as context.
BlockKey cache_key(const KeyEnvironment& environment, const BlockKeyInputs& inputs, const ContentDigest& digest,
                   const std::string& file);

}  // namespace minibox::build
