#include "store/image_index.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "oci/index.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

const std::string kRefName(oci::kRefNameAnnotation);

// Normalised.
std::string key_of(const oci::Reference& name) {
  return name.digest() ? name.repository_name() + "@" + name.digest()->text() : name.name();
}

bool has_digest(const oci::Descriptor& manifest, const oci::Digest& digest) {
  const auto requested = manifest.annotations.find(kRequestedAnnotation);
  return manifest.digest == digest || (requested != manifest.annotations.end() && requested->second == digest.text());
}

std::map<std::string, ImageIndex::Entry> parse_entries(const std::string& bytes) {
  std::map<std::string, ImageIndex::Entry> entries;
  for (oci::Descriptor& manifest : oci::Index::parse(bytes).manifests) {
    const auto name = manifest.annotations.find(kRefName);
    if (name == manifest.annotations.end()) throw Error(ErrorKind::kCorrupt, "an entry has no name");
    const oci::Reference reference = oci::Reference::parse(name->second);
    entries[key_of(reference)] = {reference.text(), std::move(manifest)};
  }
  return entries;
}

constexpr size_t kShortestId = 12;  // as it is listed: shorter ones are rather mistyped names

// The hexadecimal digits of what may be an image's id, or nothing.
std::string_view id_digits(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  if (text.starts_with(kAlgorithm)) text.remove_prefix(kAlgorithm.size());
  const bool hex = text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return hex && text.size() >= kShortestId ? text : std::string_view();
}

}  // namespace

ImageIndex::Entries& ImageIndex::entries() const {
  if (entries_) return *entries_;
  const auto bytes = sys::try_read_file(path_);
  try {
    entries_ = bytes ? parse_entries(*bytes) : Entries{};
  } catch (const Error& error) {
    throw Error(ErrorKind::kCorrupt, "image index " + quote(path_) + " is damaged: " + error.text())
        .with_hint("restore it from a backup, or move it away and build or load the images again");
  }
  return *entries_;
}

const ImageIndex::Entry* ImageIndex::look_up(const oci::Reference& reference) const {
  const Entries& all = entries();
  if (const auto found = all.find(key_of(reference)); found != all.end()) return &found->second;
  if (!reference.digest()) return nullptr;
  for (const auto& [name, entry] : all) {
    const bool same_repository = oci::Reference::parse(entry.name).repository_name() == reference.repository_name();
    if (same_repository && has_digest(entry.manifest, *reference.digest())) return &entry;
  }
  return nullptr;
}

std::optional<ImageIndex::Entry> ImageIndex::find(const oci::Reference& reference) const {
  const std::lock_guard lock(mutex_);
  const Entry* entry = look_up(reference);
  if (entry == nullptr) return std::nullopt;
  return *entry;
}

std::optional<ImageIndex::Entry> ImageIndex::find(const std::string& name_or_id) const {
  if (auto named = find(oci::Reference::parse(name_or_id))) return named;
  const std::string_view digits = id_digits(name_or_id);
  if (digits.empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const Entry* found = nullptr;
  for (const auto& [name, entry] : entries()) {
    if (!entry.manifest.digest.hex().starts_with(digits)) continue;
    if (found != nullptr && found->manifest.digest != entry.manifest.digest) {
      throw Error(ErrorKind::kInvalid, "image id " + quote(name_or_id) + " fits several images")
          .with_hint("give more of its digits: minibox images --json");
    }
    if (found == nullptr) found = &entry;
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<ImageIndex::Entry> ImageIndex::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> list;
  for (const auto& [name, entry] : entries()) list.push_back(entry);
  return list;
}

void ImageIndex::save(const Entries& changed) const {
  oci::Index index;
  for (const auto& [name, entry] : changed) index.manifests.push_back(entry.manifest);
  sys::replace_file(path_, index.print(), 0600, sys::Durability::kSynced);
}

void ImageIndex::replace(Entries changed) {
  save(changed);
  entries_ = std::move(changed);
}

void ImageIndex::put(const oci::Reference& name, oci::Descriptor manifest, Put how) {
  if (name.digest() && !has_digest(manifest, *name.digest())) {
    throw Error(ErrorKind::kInvalid, "image name " + quote(name.text()) + " has a digest, which can't be chosen");
  }
  manifest.annotations[kRefName] = name.text();
  const std::lock_guard lock(mutex_);
  if (how == Put::kIfFree && look_up(name) != nullptr) return;
  Entries changed = entries();
  changed[key_of(name)] = {name.text(), std::move(manifest)};
  replace(std::move(changed));
}

bool ImageIndex::annotate(const oci::Reference& name, const oci::Digest& expected, const std::string& key,
                          const std::string& value) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = look_up(name);
  if (entry == nullptr || entry->manifest.digest != expected) return false;
  Entries changed = entries();
  changed.at(key_of(oci::Reference::parse(entry->name))).manifest.annotations[key] = value;
  replace(std::move(changed));
  return true;
}

bool ImageIndex::remove(const oci::Reference& reference) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = look_up(reference);
  if (entry == nullptr) return false;
  Entries changed = entries();
  changed.erase(key_of(oci::Reference::parse(entry->name)));
  replace(std::move(changed));
  return true;
}

}  // namespace minibox::store
