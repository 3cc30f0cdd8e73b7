// Image index: a list of manifests (OCI image spec, image-index.md). index.json of the data root and of an image layout
// are one; so is the list of platforms a registry sends. Docker manifest lists read the same.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"

namespace minibox::oci {

struct Index {
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;
  bool operator==(const Index&) const = default;

  static Index parse(std::string_view bytes);  // kInvalid
  std::string print() const;                   // indented by two blanks, ends in a line feed
};

}  // namespace minibox::oci
