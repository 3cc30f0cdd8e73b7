#include "build/graph.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "build/source_error.h"

namespace minibox::build {
namespace {

using Edges = std::vector<std::vector<size_t>>;

void mark_reachable(const Edges& edges, size_t start, std::vector<bool>& marked) {
  std::vector<size_t> pending = {start};
  while (!pending.empty()) {
    const size_t block = pending.back();
    pending.pop_back();
    for (const size_t next : edges[block]) {
      if (marked[next]) continue;
      marked[next] = true;
      pending.push_back(next);
    }
  }
}

void add_unique(std::vector<size_t>& list, size_t value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace

Graph::Graph(const Document& document)
    : document_(document),
      needs_(document.blocks.size()),
      build_needs_(document.blocks.size()),
      waits_for_(document.blocks.size()) {
  for (size_t block = 0; block < document.blocks.size(); ++block) add_edges(block);
  sort();
}

size_t Graph::index_of(const std::string& name, size_t user, int line, const char* verb) const {
  const std::vector<Block>& blocks = document_.blocks;
  for (size_t block = 0; block < blocks.size(); ++block) {
    if (blocks[block].name == name) return block;
  }
  std::vector<std::string> names;
  names.reserve(blocks.size());
  for (const Block& block : blocks) names.push_back(block.name);
  const std::string guess = nearest(name, names);
  throw source_error(document_.file, line,
                     "block " + quote(document_.blocks[user].name) + " " + verb + " unknown block " + quote(name) +
                         (guess.empty() ? "" : " (did you mean " + quote(guess) + "?)"));
}

void Graph::add_edges(size_t user) {
  const Block& block = document_.blocks[user];
  for (const BlockReference& need : block.needs) {
    add_unique(needs_[user], index_of(need.block, user, need.line, "needs"));
  }
  for (const BlockReference& need : block.build_needs) {
    add_unique(build_needs_[user], index_of(need.block, user, need.line, "needs"));
  }
  for (const size_t other : needs_[user]) add_unique(waits_for_[user], other);
  for (const size_t other : build_needs_[user]) add_unique(waits_for_[user], other);
  for (const Instruction& instruction : block.instructions) {
    const auto* copy = std::get_if<CopyInstruction>(&instruction.action);
    if (copy == nullptr || copy->from_block.empty()) continue;
    add_unique(waits_for_[user], index_of(copy->from_block, user, instruction.line, "copies from"));
  }
}

// Of the blocks whose needs are all placed, the first of the file comes next.
void Graph::sort() {
  std::vector<size_t> waiting(waits_for_.size());
  Edges users(waits_for_.size());
  std::set<size_t> ready;
  for (size_t block = 0; block < waits_for_.size(); ++block) {
    waiting[block] = waits_for_[block].size();
    if (waiting[block] == 0) ready.insert(block);
    for (const size_t other : waits_for_[block]) users[other].push_back(block);
  }
  while (!ready.empty()) {
    const size_t block = ready.extract(ready.begin()).value();
    order_.push_back(block);
    for (const size_t user : users[block]) {
      if (--waiting[user] == 0) ready.insert(user);
    }
  }
  for (size_t block = 0; block < waiting.size(); ++block) {
    if (waiting[block] != 0) report_cycle(block);
  }
}

// `start` is on a circle or above one: following edges to blocks that were never placed must come round.
void Graph::report_cycle(size_t start) const {
  const auto is_stuck = [&](size_t block) { return std::find(order_.begin(), order_.end(), block) == order_.end(); };
  std::vector<size_t> path = {start};
  for (bool closed = false; !closed;) {
    const std::vector<size_t>& edges = waits_for_[path.back()];
    const size_t next = *std::find_if(edges.begin(), edges.end(), is_stuck);
    const auto seen = std::find(path.begin(), path.end(), next);
    closed = seen != path.end();
    if (closed) path.erase(path.begin(), seen);
    path.push_back(next);
  }
  std::vector<std::string> names;
  names.reserve(path.size());
  for (const size_t block : path) names.push_back(document_.blocks[block].name);
  throw source_error(document_.file, document_.blocks[path.front()].line,
                     "blocks need each other in a circle: " + join(names, " -> "));
}

std::vector<size_t> Graph::in_order(const std::vector<bool>& wanted) const {
  std::vector<size_t> blocks;
  for (const size_t block : order_) {
    if (wanted[block]) blocks.push_back(block);
  }
  return blocks;
}

std::vector<size_t> Graph::inherited(size_t block) const {
  std::vector<bool> marked(needs_.size());
  mark_reachable(needs_, block, marked);
  return in_order(marked);
}

std::vector<size_t> Graph::lower(size_t block) const {
  std::vector<bool> marked(needs_.size());
  mark_reachable(needs_, block, marked);
  for (const size_t other : build_needs_[block]) {
    marked[other] = true;
    mark_reachable(needs_, other, marked);
  }
  return in_order(marked);
}

std::vector<size_t> Graph::image() const {
  std::vector<bool> marked(needs_.size());
  if (marked.empty()) return {};
  const size_t top = document_.target.value_or(marked.size() - 1);
  marked[top] = true;
  mark_reachable(needs_, top, marked);
  return in_order(marked);
}

std::vector<size_t> Graph::unneeded() const {
  std::vector<bool> marked(needs_.size(), true);
  for (const size_t block : image()) marked[block] = false;
  for (const std::vector<size_t>& others : waits_for_) {
    for (const size_t block : others) marked[block] = false;
  }
  return in_order(marked);
}

}  // namespace minibox::build
