#include "engine/cache_repository.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace minibox::engine {
namespace {

constexpr char kDefaultTag[] = "mb";
constexpr size_t kMaxTag = 63;  // with "-" and the key it has the 128 characters that a tag may have
constexpr size_t kMaxRepositories = 16;

}  // namespace

CacheRepository CacheRepository::parse(const std::string& text) {
  return with_context("build cache", [&] {
    const oci::Reference reference = oci::Reference::parse(text);
    if (reference.digest()) {
      throw Error(ErrorKind::kInvalid, "the repository " + quote(text) + " has a digest, which means nothing here")
          .with_hint("give REGISTRY/REPOSITORY[:TAG]");
    }
    if (reference.tag().size() > kMaxTag) {
      throw Error(ErrorKind::kInvalid,
                  "the tag " + quote(reference.tag()) + " has more than " + std::to_string(kMaxTag) + " characters");
    }
    return CacheRepository(reference);
  });
}

std::vector<CacheRepository> CacheRepository::parse_all(const std::vector<std::string>& texts) {
  if (texts.size() > kMaxRepositories) {
    throw Error(ErrorKind::kInvalid, "more than " + std::to_string(kMaxRepositories) + " build caches");
  }
  std::vector<CacheRepository> repositories;
  for (const std::string& text : texts) {
    CacheRepository one = parse(text);
    const bool known = std::any_of(repositories.begin(), repositories.end(),
                                   [&](const CacheRepository& other) { return other.same_as(one); });
    if (!known) repositories.push_back(std::move(one));
  }
  return repositories;
}

std::string CacheRepository::tag_of(const std::string& key) const {
  return (reference_.tag().empty() ? kDefaultTag : reference_.tag()) + "-" + key;
}

bool CacheRepository::same_as(const CacheRepository& other) const {
  return reference_.repository_name() == other.reference_.repository_name() && tag_of("") == other.tag_of("");
}

}  // namespace minibox::engine
