#include "build/block_base.h"

#include "base/text.h"
#include "build/source_error.h"

namespace minibox::build {
namespace {

void refuse_mix(const Document& document, const Block& block, const BaseReference& base,
                const std::vector<BlockReference>& needs, const std::string& other, const BaseReference& other_base) {
  int line = block.line;
  for (const BlockReference& need : needs) {
    if (need.block == other) line = need.line;
  }
  throw source_error(document.file, line,
                     "block " + quote(block.name) + " stands on " + quote(base.image) + ", but block " + quote(other) +
                         " on " + quote(other_base.image))
      .with_hint("take its files instead: COPY FROM=" + other + " ...");
}

}  // namespace

std::vector<BaseReference> block_bases(const Document& document, const Graph& graph) {
  std::vector<BaseReference> bases(document.blocks.size());
  for (const size_t index : graph.order()) {
    const Block& block = document.blocks[index];
    BaseReference& base = bases[index];
    base = {document.base, document.base_line};
    if (!graph.needs(index).empty()) base = bases[graph.needs(index).front()];
    if (block.base) base = *block.base;
    for (const size_t other : graph.needs(index)) {
      if (bases[other].image == base.image) continue;
      refuse_mix(document, block, base, block.needs, document.blocks[other].name, bases[other]);
    }
    for (const size_t other : graph.build_needs(index)) {
      if (bases[other].image == base.image) continue;
      refuse_mix(document, block, base, block.build_needs, document.blocks[other].name, bases[other]);
    }
  }
  return bases;
}

BaseReference image_base(const Document& document, const std::vector<BaseReference>& bases) {
  if (bases.empty()) return {document.base, document.base_line};
  return bases[document.target.value_or(bases.size() - 1)];
}

}  // namespace minibox::build
