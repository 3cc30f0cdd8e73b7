#include "build/cache_key.h"

#include <algorithm>

#include "base/text.h"
#include "build/hasher.h"
#include "build/source_error.h"

namespace minibox::build {
namespace {

// Changes whenever the same inputs would give another layer; old cache entries are then never found again.
constexpr const char* kFormat = "minibox-block-1";

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

class InputList {
 public:
  InputList(const ContentDigest& digest, const std::string& file) : digest_(digest), file_(file) {}

  void add(const std::string& what, std::string value) { inputs_.push_back({what, std::move(value)}); }

  void add(const Instruction& instruction) {
    std::visit([&](const auto& action) { add(instruction, action); }, instruction.action);
  }

  std::vector<KeyInput> take() { return std::move(inputs_); }

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
    add(at, std::move(hasher));
    if (!copy.from_block.empty()) return;  // its key is among those of the blocks waited for
    for (const std::string& source : copy.sources) {
      add(source, with_context(source_position(file_, at.line) + ": COPY", [&] { return digest_(source); }));
    }
  }

  void add(const Instruction&, const PortInstruction&) {}
  void add(const Instruction&, const VolumeInstruction&) {}

  const ContentDigest& digest_;
  const std::string& file_;
  std::vector<KeyInput> inputs_;
};

const KeyInput* find(const std::vector<KeyInput>& inputs, const std::string& what) {
  const auto found =
      std::find_if(inputs.begin(), inputs.end(), [&](const KeyInput& input) { return input.what == what; });
  return found == inputs.end() ? nullptr : &*found;
}

}  // namespace

std::vector<KeyInput> key_inputs(const KeyEnvironment& environment, const BlockKeyInputs& inputs,
                                 const ContentDigest& digest, const std::string& file) {
  InputList list(digest, file);
  list.add("cache format", kFormat);
  list.add("platform", environment.platform);
  list.add("network mode", environment.network);
  list.add("base image", environment.base_digest);
  // With the name in the key two blocks with the same text have layers of their own: overlayfs refuses one directory
  // twice.
  list.add("block name", inputs.block.name);
  for (const NamedKey& other : inputs.waits_for) list.add("block " + quote(other.block), other.key);
  Hasher lower = tagged("lower");
  add_all(lower, inputs.lower);
  list.add("the stack of blocks below", lower.hex());
  list.add("environment", env_value(inputs.scope.env));
  list.add("working directory", inputs.scope.workdir);
  list.add("user", inputs.scope.user);
  for (const Instruction& instruction : inputs.block.instructions) list.add(instruction);
  return list.take();
}

std::string cache_key(const std::vector<KeyInput>& inputs) {
  Hasher hasher;
  for (const KeyInput& input : inputs) hasher.field(input.value);
  return hasher.hex();
}

std::string explain(const std::vector<KeyInput>& now, const std::vector<KeyInput>& before) {
  if (before.empty()) return "it was not built before";
  for (const KeyInput& input : now) {
    const KeyInput* old = find(before, input.what);
    if (old == nullptr) return input.what + " is new";
    if (old->value != input.value) return input.what + " changed";
  }
  for (const KeyInput& input : before) {
    if (find(now, input.what) == nullptr) return input.what + " was removed";
  }
  return now == before ? "nothing changed" : "the order of its instructions changed";
}

}  // namespace minibox::build
