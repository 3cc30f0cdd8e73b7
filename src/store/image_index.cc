#include "store/image_index.h"

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

void ImageIndex::put(const oci::Reference& name, oci::Descriptor manifest) {
  if (name.digest() && !has_digest(manifest, *name.digest())) {
    throw Error(ErrorKind::kInvalid, "image name " + quote(name.text()) + " has a digest, which can't be chosen");
  }
  manifest.annotations[kRefName] = name.text();
  const std::lock_guard lock(mutex_);
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
