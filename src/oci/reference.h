// An image reference: [host[:port]/]path[:tag][@digest], grammar of the distribution spec. What the user typed and its
// normal form are kept apart: "busybox" is shown as such, while "busybox", "busybox:latest" and
// "docker.io/library/busybox:latest" normalise to one name. Plain value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace minibox::oci {

class Reference {
 public:
  // kInvalid with the reason and the remedy. Refuses among others: upper case, "..", empty components, more than 255
  // characters before tag and digest, a port out of range.
  static Reference parse(std::string_view text);

  // As typed.
  const std::string& text() const { return text_; }
  const std::string& host() const { return host_; }  // "" when not given; "localhost:5000", "[::1]:5000"
  const std::string& path() const { return path_; }  // "busybox", "team/app"
  const std::string& tag() const { return tag_; }    // "" when not given
  const std::optional<Digest>& digest() const { return digest_; }

  // Normalised as Docker's users expect.
  std::string registry() const;    // host in lower case, or "docker.io"
  std::string repository() const;  // path, with "library/" before a single component on docker.io
  // "registry/repository:tag"; the tag is "latest" when none was given. The digest is not part of it.
  std::string name() const;
  // "registry/repository"
  std::string repository_name() const { return registry() + "/" + repository(); }

 private:
  std::string text_;
  std::string host_;
  std::string path_;
  std::string tag_;
  std::optional<Digest> digest_;
};

}  // namespace minibox::oci
