// Why a block runs again: what went into its cache key, compared with what went into it in the last build of the image.
// Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "build/plan.h"

namespace minibox::build {

using FileValues = std::map<std::string, std::string>;  // path in the context -> what it held, as a hash

struct BlockRecord {
  std::vector<KeyPart> parts;
  std::map<std::string, FileValues> files;  // by COPY source, where there were not too many
};
using BuildRecord = std::map<std::string, BlockRecord>;  // by block

// Files that a record names; of a build with more, sources are compared as a whole.
inline constexpr size_t kMaxRecordedFiles = 1000;

// `files` lists what a COPY source held; nothing where that is too much.
BuildRecord make_record(const Plan& plan, const std::function<FileValues(const std::string& source)>& files);

std::string print_record(const BuildRecord& record);
BuildRecord parse_record(std::string_view text);  // empty for what is no record: then nothing is known

// "package.json changed, 'RUN make' is new"; empty when nothing changed; absent when the block was not known.
std::optional<std::string> describe_change(const BuildRecord& before, const BuildRecord& now, const std::string& block);

}  // namespace minibox::build
