// What a build will do: the blocks of the file, each with its key and what it sees. Pure but for the digests of
// COPY sources, which come through a function.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "build/cache_key.h"
#include "build/document.h"
#include "build/graph.h"
#include "build/scope.h"

namespace minibox::build {

struct PlannedBlock {
  const Block* block = nullptr;  // in the document
  std::string key;
  std::vector<KeyPart> key_parts;
  // How the block differs from the last build of the image, for the log: build/explain.h. Absent: not known.
  std::optional<std::string> change;
  std::string base;  // the reference of the image it stands on
  Scope scope;       // before its first instruction
  // Positions in Plan::blocks.
  std::vector<size_t> lower;                             // layers below it while it is built, bottom first
  std::vector<size_t> waits_for;                         // NEED, BNEED and COPY FROM
  std::map<std::string, std::vector<size_t>> copy_from;  // the view of each block named in a COPY FROM, bottom first
  size_t wave = 1;                                       // 1 + the longest chain of blocks it waits for
  size_t path_length = 1;  // blocks of the longest chain that begins with it: longest first
};

struct Plan {
  std::string file;  // name of the MiniBox file
  const Document* document = nullptr;
  std::vector<PlannedBlock> blocks;  // in stacking order
  std::vector<size_t> image;         // positions of the blocks whose layers make the image, bottom first
};

struct PlanBase {
  std::string digest = "scratch";
  Scope scope;  // the base image's environment, working directory and user
};

struct PlanInputs {
  KeyEnvironment environment;
  std::map<std::string, PlanBase> bases;  // by reference: block_bases() tells which are needed
  ContentDigest digest;
};

// The document must outlive the plan.
Plan make_plan(const Document& document, const Graph& graph, const PlanInputs& inputs);

}  // namespace minibox::build
