// A MiniBox file as a plain value. Every node keeps the line it stands on, so that each later error can name it.
// Nothing is resolved here: block names are checked by graph.h, paths and environments by scope.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace minibox::build {

struct EnvVar {
  std::string name;
  std::string value;
  bool operator==(const EnvVar&) const = default;
};

struct RunInstruction {
  std::vector<std::string> argv;  // {"/bin/sh", "-c", raw remainder of the line}, or the words of the JSON form
};

struct InlineFile {
  std::string name;
  std::string content;
};

struct CopyInstruction {
  std::string from_block;            // empty: from the build context
  std::vector<InlineFile> files;     // here-documents, which are sources too
  std::vector<std::string> sources;  // more than one only with a destination that is a directory
  std::string destination;
};

struct WorkdirInstruction {
  std::string path;
};

struct EnvInstruction {
  std::vector<EnvVar> variables;
};

struct UserInstruction {
  std::string user;
};

struct PortInstruction {
  std::string port;  // "80/tcp"
};

struct VolumeInstruction {
  std::vector<std::string> paths;
};

struct Package {
  std::string name;
  std::string version;  // a beginning of one; empty: any
  bool operator==(const Package&) const = default;
};

struct PackageInstruction {  // by whatever package manager the base has: packages.h
  std::vector<Package> packages;
};

struct AutoDepsInstruction {};  // the dependencies that files in the working directory name: auto_deps.h

struct ArgInstruction {  // an environment variable of the steps, not of the image; build_args.h gives it its value
  std::string name;
  std::optional<std::string> value;
};

struct Instruction {
  int line = 0;
  std::string text;  // as written, for messages
  std::variant<RunInstruction, CopyInstruction, WorkdirInstruction, EnvInstruction, UserInstruction, PortInstruction,
               VolumeInstruction, PackageInstruction, AutoDepsInstruction, ArgInstruction>
      action;
  int step = 0;  // number in a file of the linear format, from 1; 0 for an ARG of a step before
};

struct BlockReference {
  std::string block;
  int line = 0;
};

struct BaseReference {
  std::string image;
  int line = 0;
};

struct Block {
  std::string name;
  int line = 0;
  std::vector<BlockReference> needs;        // NEED: below this block while it is built, and in the image
  std::vector<BlockReference> build_needs;  // BNEED: below this block while it is built only
  std::vector<Instruction> instructions;
  std::optional<BaseReference> base;     // instead of the file's
  std::vector<std::string> secrets;      // names; their RUN steps read /run/secrets/<name>
  std::vector<std::string> cache_paths;  // absolute; what steps leave there is kept from build to build, in no layer
};

struct Start {
  std::vector<std::string> argv;
  int line = 0;
  int step = 0;  // as Instruction::step
};

struct Healthcheck {
  std::vector<std::string> argv;
  std::int64_t interval_ms = 30'000;
  std::int64_t timeout_ms = 0;  // 0 here and below: the engine's default
  std::int64_t start_period_ms = 0;
  std::int64_t start_interval_ms = 0;
  std::int64_t retries = 0;
  int line = 0;
};

struct Document {
  std::string file;  // name for messages
  std::string base;
  int base_line = 0;
  std::vector<Block> blocks;  // in file order
  std::optional<Start> start;
  std::optional<Healthcheck> healthcheck;
  // The steps of the linear format: each block needs the one before it.
  bool linear = false;
  // Index of the block that, with all it needs, makes the image; the last one unless another is asked for.
  std::optional<size_t> target;
  std::vector<std::string> warnings;  // about what was passed over, or not expanded
};

}  // namespace minibox::build
