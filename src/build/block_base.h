// Which image each block stands on. Pure.
//
// A block stands on its own BASE, or on that of the blocks it NEEDs, or on the file's. Layers of different bases don't
// mix: NEED and BNEED join blocks of one base, COPY FROM= takes files from any.
#pragma once

#include <vector>

#include "build/document.h"
#include "build/graph.h"

namespace minibox::build {

// By the block's index. kInvalid, naming the line, where bases would mix.
std::vector<BaseReference> block_bases(const Document& document, const Graph& graph);

// That of the image: of its top block, or of the file when it has no blocks.
BaseReference image_base(const Document& document, const std::vector<BaseReference>& bases);

}  // namespace minibox::build
