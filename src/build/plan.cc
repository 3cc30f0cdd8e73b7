#include "build/plan.h"

#include <algorithm>

#include "build/block_base.h"

namespace minibox::build {
namespace {

class Planner {
 public:
  Planner(const Document& document, const Graph& graph, const PlanInputs& inputs)
      : document_(document),
        graph_(graph),
        inputs_(inputs),
        bases_(block_bases(document, graph)),
        position_(document.blocks.size()) {}

  Plan run() {
    plan_.file = document_.file;
    plan_.document = &document_;
    std::vector<Scope> starts;
    for (const BaseReference& base : bases_) starts.push_back(inputs_.bases.at(base.image).scope);
    const std::vector<Scope> scopes = initial_scopes(document_, graph_, starts);
    const std::vector<size_t>& order = graph_.order();
    for (size_t i = 0; i < order.size(); ++i) position_[order[i]] = i;
    for (const size_t index : order) add(index, scopes[index]);
    for (auto block = plan_.blocks.rbegin(); block != plan_.blocks.rend(); ++block) {
      for (const size_t other : block->waits_for) {
        size_t& length = plan_.blocks[other].path_length;
        length = std::max(length, block->path_length + 1);
      }
    }
    plan_.image = positions(graph_.image());
    return std::move(plan_);
  }

 private:
  std::vector<size_t> positions(const std::vector<size_t>& indices) const {
    std::vector<size_t> result;
    result.reserve(indices.size());
    for (const size_t index : indices) result.push_back(position_[index]);
    return result;
  }

  void add(size_t index, const Scope& scope) {
    PlannedBlock planned;
    planned.block = &document_.blocks[index];
    planned.base = bases_[index].image;
    planned.scope = scope;
    planned.lower = positions(graph_.lower(index));
    planned.waits_for = positions(graph_.waits_for(index));
    for (const size_t other : planned.waits_for) planned.wave = std::max(planned.wave, plan_.blocks[other].wave + 1);
    planned.copy_from = copy_views(index);

    BlockKeyInputs inputs{*planned.block, planned.scope, planned.base, inputs_.bases.at(planned.base).digest, {}, {}};
    for (const size_t other : planned.waits_for) {
      inputs.waits_for.push_back({plan_.blocks[other].block->name, plan_.blocks[other].key});
    }
    for (const size_t lower : planned.lower) inputs.lower.push_back(plan_.blocks[lower].key);
    BlockKey key = cache_key(inputs_.environment, inputs, inputs_.digest, document_.file);
    planned.key = std::move(key.text);
    planned.key_parts = std::move(key.parts);
    plan_.blocks.push_back(std::move(planned));
  }

  std::map<std::string, std::vector<size_t>> copy_views(size_t user) const {
    std::map<std::string, std::vector<size_t>> views;
    for (const Instruction& instruction : document_.blocks[user].instructions) {
      const auto* copy = std::get_if<CopyInstruction>(&instruction.action);
      if (copy == nullptr || copy->from_block.empty() || views.contains(copy->from_block)) continue;
      for (const size_t other : graph_.waits_for(user)) {
        if (document_.blocks[other].name != copy->from_block) continue;
        std::vector<size_t> view = positions(graph_.inherited(other));
        view.push_back(position_[other]);
        views[copy->from_block] = std::move(view);
      }
    }
    return views;
  }

  const Document& document_;
  const Graph& graph_;
  const PlanInputs& inputs_;
  const std::vector<BaseReference> bases_;  // of the document's blocks
  std::vector<size_t> position_;            // of a document's block in the plan
  Plan plan_;
};

}  // namespace

Plan make_plan(const Document& document, const Graph& graph, const PlanInputs& inputs) {
  return Planner(document, graph, inputs).run();
}

}  // namespace minibox::build
