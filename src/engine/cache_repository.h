// A build cache in a registry, as --cache-from and --cache-to name it: REGISTRY/REPOSITORY[:TAG]. Its records have tags
// of their own, "TAG-<key of the block>"; several caches can share a repository by different TAGs. Plain value.
#pragma once

#include <string>
#include <vector>

#include "oci/reference.h"

namespace minibox::engine {

class CacheRepository {
 public:
  // kInvalid.
  static CacheRepository parse(const std::string& text);
  // kInvalid for too many as well; one that is named twice is there once.
  static std::vector<CacheRepository> parse_all(const std::vector<std::string>& texts);

  const std::string& name() const { return reference_.text(); }  // as given
  const oci::Reference& reference() const { return reference_; }
  std::string tag_of(const std::string& key) const;
  bool same_as(const CacheRepository& other) const;

 private:
  explicit CacheRepository(oci::Reference reference) : reference_(std::move(reference)) {}

  oci::Reference reference_;
};

}  // namespace minibox::engine
