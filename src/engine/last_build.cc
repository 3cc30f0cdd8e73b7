#include "engine/last_build.h"

#include "build/hasher.h"
#include "oci/reference.h"
#include "sys/file.h"

namespace minibox::engine {

LastBuild::LastBuild(const EngineState& state, const std::string& image) {
  const std::string folder = state.data_root.path() + "/explain";
  sys::make_dirs(folder);
  path_ = folder + "/" + build::Hasher().field(oci::Reference::parse(image).name()).hex() + ".json";
  text_ = sys::try_read_file(path_).value_or("");
  record_ = build::parse_record(text_);
}

void LastBuild::replace(const build::BuildRecord& record) const {
  const std::string text = build::print_record(record);
  if (text != text_) sys::replace_file(path_, text);
}

}  // namespace minibox::engine
