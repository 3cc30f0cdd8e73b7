// The Merkle cache key of a block: a hash over everything its layer depends on. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "build/document.h"
#include "build/scope.h"

namespace minibox::build {

// One thing a key depends on. `what` names it for a reader ("base image", "package.json") and is not hashed.
struct KeyInput {
  std::string what;
  std::string value;
  bool operator==(const KeyInput&) const = default;
};

// The same for all blocks of a build.
struct KeyEnvironment {
  std::string platform = "linux/amd64";
  std::string base_digest;  // manifest digest of the base image, "scratch" when there is none
  std::string network = "bridge";
};

struct NamedKey {
  std::string block;
  std::string key;
};

struct BlockKeyInputs {
  const Block& block;
  const Scope& scope;               // before its first instruction
  std::vector<NamedKey> waits_for;  // NEED, BNEED and COPY FROM
  std::vector<std::string> lower;   // keys of all layers below, in stacking order
};

using ContentDigest = std::function<std::string(const std::string& source)>;  // of a COPY source in the context

// Everything but START, HEALTHCHECK, PORT and VOLUME, which only change the image's config. An Error of `digest` gets
// the line of the COPY as context.
std::vector<KeyInput> key_inputs(const KeyEnvironment& environment, const BlockKeyInputs& inputs,
                                 const ContentDigest& digest, const std::string& file);
std::string cache_key(const std::vector<KeyInput>& inputs);  // 64 hex digits

// Why a block runs, from what its key was made of now and the last time: "package.json changed".
std::string explain(const std::vector<KeyInput>& now, const std::vector<KeyInput>& before);

}  // namespace minibox::build
