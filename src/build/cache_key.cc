#include "build/cache_key.h"

#include <algorithm>

#include "base/text.h"
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

  void add(const std::string& what, const std::string& value, KeyPart::Kind kind = KeyPart::Kind::kSetting) {
    hasher_.field(value);
    parts_.push_back({kind, what, value});
  }

  void add(const Instruction& instruction) {
    std::visit([&](const auto& action) { add(instruction, action); }, instruction.action);
  }

  BlockKey finish() { return {hasher_.hex(), std::move(parts_)}; }

 private:
  void add(const Instruction& at, Hasher hasher) { add(quote(at.text), hasher.hex()); }

  void add(const Instruction& at, const RunInstruction& run) {
    Hasher hasher = tagged("RUN");
    add_all(hasher, run.argv);
    add(at, std::move(hasher));
  }

  void add(const Instruction& at, const WorkdirInstruction& workdir) {
    Hasher hasher = tagged("WORKDIR");
    hasher.field(workdir.path);
    add(at, std::move(hasher));
  }

  void add(const Instruction& at, const UserInstruction& user) {
    Hasher hasher = tagged("USER");
    hasher.field(user.user);
    add(at, std::move(hasher));
  }

  void add(const Instruction& at, const EnvInstruction& env) {
    Hasher hasher = tagged("ENV");
    for (const EnvVar& variable : env.variables) hasher.field(variable.name).field(variable.value);
    add(at, std::move(hasher));
  }

  void add(const Instruction& at, const CopyInstruction& copy) {
    Hasher hasher = tagged("COPY");
    add_all(hasher, copy.sources);
    hasher.field(copy.destination).field(copy.from_block);
    for (const InlineFile& file : copy.files) hasher.field(file.name).field(file.content);
    add(at, std::move(hasher));
    if (!copy.from_block.empty()) return;  // its key is among those of the blocks waited for
    for (const std::string& source : copy.sources) {
      add(source, with_context(source_position(file_, at.line) + ": COPY", [&] { return digest_(source); }),
          KeyPart::Kind::kContent);
    }
  }

  void add(const Instruction& at, const PackageInstruction& package) {
    Hasher hasher = tagged("PKG");
    for (const Package& one : package.packages) hasher.field(one.name).field(one.version);
    add(at, std::move(hasher));
  }

  // What it runs depends on files that have their part in the key already.
  void add(const Instruction& at, const AutoDepsInstruction&) { add(at, tagged("AUTO-DEPS")); }

  void add(const Instruction& at, const ArgInstruction& arg) {
    Hasher hasher = tagged("ARG");
    hasher.field(arg.name).field(arg.value.value_or(""));
    add(at, std::move(hasher));
  }

  void add(const Instruction&, const PortInstruction&) {}
  void add(const Instruction&, const VolumeInstruction&) {}

  const ContentDigest& digest_;
  const std::string& file_;
  Hasher hasher_;
  std::vector<KeyPart> parts_;
};

}  // namespace

BlockKey cache_key(const KeyEnvironment& environment, const BlockKeyInputs& inputs, const ContentDigest& digest,
                   const std::string& file) {
  KeyHasher key(digest, file);
  key.add("the form of the cache", kFormat);
  key.add("the platform", environment.platform);
  key.add("the network of steps", environment.network);
  key.add("SOURCE_DATE_EPOCH", std::to_string(environment.epoch));
  key.add("base " + quote(inputs.base), inputs.base_digest);
  // With the name in the key two blocks with the same text have layers of their own: overlayfs refuses one directory
  // twice.
  key.add("the block's name", inputs.block.name);
  for (const BlockKeyInputs::Other& other : inputs.waits_for) key.add("block " + quote(other.block), other.key);
  Hasher lower = tagged("lower");
  add_all(lower, inputs.lower);
  key.add("what lies below", lower.hex(), KeyPart::Kind::kStack);
  key.add("the environment", env_value(inputs.scope.env));
  key.add("the working directory", inputs.scope.workdir);
  key.add("the user", inputs.scope.user);
  // Their names; what a secret says, and what lies in a cache, must not decide what a step makes.
  Hasher mounts = tagged("mounts");
  add_all(mounts, inputs.block.secrets);
  add_all(mounts, inputs.block.cache_paths);
  key.add("SECRET or CACHE", mounts.hex());
  for (const Instruction& instruction : inputs.block.instructions) key.add(instruction);
  return key.finish();
}

}  // namespace minibox::build
