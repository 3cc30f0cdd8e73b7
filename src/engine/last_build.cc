#include "engine/last_build.h"

#include "build/hasher.h"
#include "oci/reference.h"
#include "sys/file.h"

namespace minibox::engine {

std::string LastBuild::file_name(const std::string& image) {
  return build::Hasher().field(oci::Reference::parse(image).name()).hex() + ".json";
}

LastBuild::LastBuild(const EngineState& state, const std::string& image) {
  path_ = state.data_root.explain() + "/" + file_name(image);
  text_ = sys::try_read_file(path_).value_or("");
  record_ = build::parse_record(text_);
}

void LastBuild::replace(const build::BuildRecord& record) const {
  const std::string text = build::print_record(record);
  if (text != text_) sys::replace_file(path_, text);
}

}  // namespace minibox::engine
