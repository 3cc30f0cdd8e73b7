// The graph of a build as a picture: each block with its time, cache state and size, the critical path marked. Pure.
#pragma once

#include <string>
#include <vector>

#include "wire/build_report.h"

namespace minibox::cli {

enum class GraphFormat { kSvg, kDot, kHtml };
GraphFormat graph_format_of(const std::string& file);  // by its ending; kInvalid for another one

// The chain of blocks that took longest together, each waiting for the one before it; indices into report.blocks.
std::vector<size_t> critical_path(const wire::BuildReport& report);

// One whole file; the HTML needs no other. Names and texts are escaped.
std::string print_graph(const wire::BuildReport& report, GraphFormat format);

}  // namespace minibox::cli
