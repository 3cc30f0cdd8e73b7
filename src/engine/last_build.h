// What went into the last build of an image name, kept below the data root, so that the next build can say what
// changed. One thread.
#pragma once

#include <string>

#include "build/explain.h"
#include "engine/engine_state.h"

namespace minibox::engine {

class LastBuild {
 public:
  static std::string file_name(const std::string& image);  // in the folder of records; the same for all forms of a name

  LastBuild(const EngineState& state, const std::string& image);

  const build::BuildRecord& record() const { return record_; }  // empty when there was none
  void replace(const build::BuildRecord& record) const;         // writes nothing when it is the same

 private:
  std::string path_;
  std::string text_;
  build::BuildRecord record_;
};

}  // namespace minibox::engine
