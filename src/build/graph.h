// The blocks of a Document as a graph. Pure. Blocks are named by their index in Document::blocks.
//
// Edges:  NEED       the other block's layers lie below this one while it is built, and in the image
//         BNEED      they lie below this one while it is built, but do not come into the image
//         COPY FROM  order only: the files come in through the copy
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "build/document.h"

namespace minibox::build {

class Graph {
 public:
  // Throws kInvalid with "<file>:<line>: ..." for an unknown name or a cycle, whose path it tells. The document must
  // outlive the graph.
  explicit Graph(const Document& document);

  const std::vector<size_t>& needs(size_t block) const { return needs_[block]; }              // as written
  const std::vector<size_t>& build_needs(size_t block) const { return build_needs_[block]; }  // as written
  const std::vector<size_t>& waits_for(size_t block) const { return waits_for_[block]; }      // every kind of edge

  // All blocks in stacking order: file order, except that a block always lies above what it needs.
  const std::vector<size_t>& order() const { return order_; }

  std::vector<size_t> inherited(size_t block) const;  // transitive NEEDs in stacking order
  std::vector<size_t> lower(size_t block) const;      // layers below it while it is built, bottom first
  std::vector<size_t> image() const;                  // the target, or the last block, and its transitive NEEDs
  std::vector<size_t> unneeded() const;               // blocks outside the image that no other one waits for

 private:
  size_t index_of(const std::string& name, size_t user, int line, const char* verb) const;
  void add_edges(size_t block);
  void sort();
  [[noreturn]] void report_cycle(size_t start) const;
  std::vector<size_t> in_order(const std::vector<bool>& wanted) const;

  const Document& document_;
  std::vector<std::vector<size_t>> needs_, build_needs_, waits_for_;
  std::vector<size_t> order_;
};

}  // namespace minibox::build
