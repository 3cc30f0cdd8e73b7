#include "build/build_args.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/text.h"
#include "build/source_error.h"

namespace minibox::build {
namespace {

std::vector<std::string> block_names(const Document& document) {
  std::vector<std::string> names;
  for (const Block& block : document.blocks) names.push_back(block.name);
  return names;
}

std::string guess(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : " (did you mean " + quote(near) + "?)";
}

std::vector<std::string> needed_by(const Block& block) {
  std::vector<std::string> names;
  for (const BlockReference& need : block.needs) names.push_back(need.block);
  for (const BlockReference& need : block.build_needs) names.push_back(need.block);
  for (const Instruction& instruction : block.instructions) {
    const auto* copy = std::get_if<CopyInstruction>(&instruction.action);
    if (copy != nullptr && !copy->from_block.empty()) names.push_back(copy->from_block);
  }
  return names;
}

}  // namespace

void set_build_args(Document& document, const std::map<std::string, std::string>& values) {
  std::set<std::string> declared;
  for (Block& block : document.blocks) {
    for (Instruction& instruction : block.instructions) {
      auto* arg = std::get_if<ArgInstruction>(&instruction.action);
      if (arg == nullptr) continue;
      declared.insert(arg->name);
      if (const auto given = values.find(arg->name); given != values.end()) arg->value = given->second;
    }
  }
  for (const auto& [name, value] : values) {
    if (declared.contains(name)) continue;
    throw Error(ErrorKind::kInvalid, document.file + ": no block declares ARG " + quote(name) +
                                         guess(name, {declared.begin(), declared.end()}));
  }
}

void require_build_args(const Document& document) {
  for (const Block& block : document.blocks) {
    for (const Instruction& instruction : block.instructions) {
      const auto* arg = std::get_if<ArgInstruction>(&instruction.action);
      if (arg == nullptr || arg->value) continue;
      throw source_error(document.file, instruction.line, "ARG " + quote(arg->name) + " has no value")
          .with_hint("give one: --build-arg " + arg->name + "=VALUE");
    }
  }
}

void select_target(Document& document, const std::string& block) {
  const std::vector<std::string> names = block_names(document);
  if (std::find(names.begin(), names.end(), block) == names.end()) {
    throw Error(ErrorKind::kInvalid, document.file + " has no block " + quote(block) + guess(block, names));
  }
  std::set<std::string> wanted = {block};
  for (bool grows = true; grows;) {
    grows = false;
    for (const Block& one : document.blocks) {
      if (!wanted.contains(one.name)) continue;
      for (const std::string& need : needed_by(one)) grows |= wanted.insert(need).second;
    }
  }
  std::erase_if(document.blocks, [&](const Block& one) { return !wanted.contains(one.name); });
  const auto is_target = [&](const Block& one) { return one.name == block; };
  const auto target = std::find_if(document.blocks.begin(), document.blocks.end(), is_target);
  document.target = static_cast<size_t>(target - document.blocks.begin());
}

}  // namespace minibox::build
