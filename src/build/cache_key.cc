#include "build/cache_key.h"

#include <algorithm>

#include "build/hasher.h"
#include "build/source_error.h"

namespace minibox::build {
namespace {

// Changes whenever the same inputs would give another layer; old cache entries are then never found again.
constexpr const char* kFormat = "minibox-block-4";

Hasher tagged(std::string_view tag) {
  Hasher hasher;
  hasher.field(tag);
  return hasher;
}

void add_all(Hasher& hasher, const std::vector<std::string>& texts) {
  hasher.field(texts.size());
  for (const std::string& text : texts) hasher.field(text);
}

std::string env_value(std::vector<EnvVar> env) {
  std::sort(env.begin(), env.end(), [](const EnvVar& a, const EnvVar& b) { return a.name < b.name; });
  Hasher hasher = tagged("env");
  for (const EnvVar& variable : env) hasher.field(variable.name).field(variable.value);
  return hasher.hex();
}

class KeyHasher {
 public:
  KeyHasher(const ContentDigest& digest, const std::string& file) : digest_(digest), file_(file) {}

  void add(std::string_view value) { hasher_.field(value); }

  void add(const Instruction& instruction) {
    std::visit([&](const auto& action) { add(instruction, action); }, instruction.action);
  }

  std::string hex() { return hasher_.hex(); }

 private:
  void add(Hasher hasher) { add(hasher.hex()); }

  void add(const Instruction&, const RunInstruction& run) {
    Hasher hasher = tagged("RUN");
    add_all(hasher, run.argv);
    add(std::move(hasher));
  }

  void add(const Instruction&, const WorkdirInstruction& workdir) {
    Hasher hasher = tagged("WORKDIR");
    hasher.field(workdir.path);
    add(std::move(hasher));
  }

  void add(const Instruction&, const UserInstruction& user) {
    Hasher hasher = tagged("USER");
    hasher.field(user.user);
    add(std::move(hasher));
  }

  void add(const Instruction&, const EnvInstruction& env) {
    Hasher hasher = tagged("ENV");
    for (const EnvVar& variable : env.variables) hasher.field(variable.name).field(variable.value);
    add(std::move(hasher));
  }

  void add(const Instruction& at, const CopyInstruction& copy) {
    Hasher hasher = tagged("COPY");
    add_all(hasher, copy.sources);
    hasher.field(copy.destination).field(copy.from_block);
    add(std::move(hasher));
    if (!copy.from_block.empty()) return;  // its key is among those of the blocks waited for
    for (const std::string& source : copy.sources) {
      add(with_context(source_position(file_, at.line) + ": COPY", [&] { return digest_(source); }));
    }
  }

  void add(const Instruction&, const PortInstruction&) {}
  void add(const Instruction&, const VolumeInstruction&) {}

  const ContentDigest& digest_;
  const std::string& file_;
  Hasher hasher_;
};

}  // namespace

std::string cache_key(const KeyEnvironment& environment, const BlockKeyInputs& inputs, const ContentDigest& digest,
                      const std::string& file) {
  KeyHasher key(digest, file);
  key.add(kFormat);
  key.add(environment.platform);
  key.add(environment.network);
  key.add(std::to_string(environment.epoch));
  key.add(environment.base_digest);
  // With the name in the key two blocks with the same text have layers of their own: overlayfs refuses one directory
  // twice.
  key.add(inputs.block.name);
  for (const std::string& other : inputs.waits_for) key.add(other);
  Hasher lower = tagged("lower");
  add_all(lower, inputs.lower);
  key.add(lower.hex());
  key.add(env_value(inputs.scope.env));
  key.add(inputs.scope.workdir);
  key.add(inputs.scope.user);
  for (const Instruction& instruction : inputs.block.instructions) key.add(instruction);
  return key.hex();
}

}  // namespace minibox::build
