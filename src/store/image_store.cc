#include "store/image_store.h"

#include <algorithm>
#include <cerrno>

#include "base/cancellation.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "store/image_archive.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

// On the index entry of the image that comes with the program, so that a newer program may replace it.
constexpr char kEmbeddedAnnotation[] = "minibox.embedded";

// When the name was given; here and not in the image, which is the same whenever it is made.
constexpr char kCreatedAnnotation[] = "org.opencontainers.image.created";

// Whether the image itself is bad, rather than that it can't be read just now (no memory, no descriptors).
bool is_damage(const Error& error) {
  return error.errno_value() == 0 || error.errno_value() == EIO;
}

}  // namespace

ImageStore::ImageStore(const DataRoot& root, OverlaySnapshotter& snapshots)
    : root_(root), blobs_(root), index_(root), snapshots_(snapshots), indexes_(root, blobs_, [this] {
        return std::make_shared<const Lease>(*this);
      }) {}

ImageStore::~ImageStore() = default;

ImagePointer ImageStore::resolve(const std::string& reference) const {
  const auto entry = index_.find(reference);
  if (!entry) return nullptr;
  return with_context("image " + quote(reference), [&] { return load(entry->manifest.digest); });
}

ImagePointer ImageStore::try_resolve(const std::string& reference) const {
  const auto manifest = find(reference);
  return manifest ? try_load(*manifest).image : nullptr;
}

std::optional<oci::Digest> ImageStore::find(const std::string& reference) const {
  const auto entry = index_.find(reference);
  if (!entry) return std::nullopt;
  return entry->manifest.digest;
}

std::vector<std::string> ImageStore::names_meant(const std::string& reference) const {
  if (const auto named = index_.find(oci::Reference::parse(reference))) return {named->name};
  std::vector<std::string> names;
  const auto manifest = find(reference);
  for (const ImageIndex::Entry& entry : index_.list()) {
    if (manifest && entry.manifest.digest == *manifest) names.push_back(entry.name);
  }
  return names;
}

ImagePointer ImageStore::resolve_digest(const oci::Digest& manifest) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto cached = cache_.find(manifest); cached != cache_.end()) return cached->second;
  }
  return blobs_.has(manifest) ? load(manifest) : nullptr;
}

ImagePointer ImageStore::load(const oci::Digest& digest) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto cached = cache_.find(digest); cached != cache_.end()) return cached->second;
  }
  auto image = std::make_shared<Image>();
  image->manifest_digest = digest;
  const std::string manifest_bytes = blobs_.read(digest);
  image->manifest = oci::Manifest::parse(manifest_bytes);
  image->config = oci::ImageConfig::parse(blobs_.read(image->manifest.config));
  image->diff_ids = image->config.diff_ids;
  if (image->diff_ids.size() != image->manifest.layers.size()) {
    throw Error(ErrorKind::kCorrupt, "the manifest has " + std::to_string(image->manifest.layers.size()) +
                                         " layers, the config " + std::to_string(image->diff_ids.size()));
  }
  image->size_bytes = manifest_bytes.size() + image->manifest.config.size;
  for (const oci::Descriptor& layer : image->manifest.layers) image->size_bytes += layer.size;
  const std::lock_guard lock(mutex_);
  return cache_.try_emplace(digest, std::move(image)).first->second;
}

ImageStore::Loaded ImageStore::try_load(const oci::Digest& manifest) const {
  try {
    return {load(manifest), {}};
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return {nullptr, error.text()};
  }
}

void ImageStore::ensure_unpacked(const Image& image, const std::stop_token& stop) const {
  if (snapshots_.has_all(image.diff_ids)) return;
  for (size_t i = 0; i < image.diff_ids.size(); ++i) unpack_layer(image.manifest.layers[i], image.diff_ids[i], stop);
}

bool ImageStore::unpack_layer(const oci::Descriptor& layer, const oci::Digest& diff_id,
                              const std::stop_token& stop) const {
  const ClaimTable<oci::Digest>::Claim claim = unpacks_.claim(diff_id, stop);
  if (take_unpacked(diff_id)) return false;
  bool unpacked = false;
  snapshots_.add_layer(diff_id, [&](const std::string& directory) {
    store::unpack_layer(blobs_.open(layer.digest), diff_id, directory, stop);
    unpacked = true;
  });
  return unpacked;
}

bool ImageStore::take_unpacked(const oci::Digest& diff_id) const {
  const std::lock_guard lock(unpacking_);
  const auto unpacked = unpacked_.find(diff_id);
  if (unpacked == unpacked_.end()) return false;
  snapshots_.commit(unpacked->second->path(), diff_id);
  unpacked_.erase(unpacked);
  return true;
}

std::vector<ImageEntry> ImageStore::list() const {
  std::vector<ImageEntry> list;
  for (const ImageIndex::Entry& entry : index_.list()) {
    const Loaded loaded = with_context("image " + quote(entry.name), [&] { return try_load(entry.manifest.digest); });
    ImageEntry row{entry.name, entry.manifest.digest, 0, {}, loaded.damage};
    if (loaded.image) {
      row.size_bytes = loaded.image->size_bytes;
      row.created = loaded.image->config.created;
      const auto named = entry.manifest.annotations.find(kCreatedAnnotation);
      if (row.created.empty() && named != entry.manifest.annotations.end()) row.created = named->second;
    }
    list.push_back(std::move(row));
  }
  return list;
}

std::optional<oci::Digest> ImageStore::missing_layer(const Image& image) const {
  for (const oci::Descriptor& layer : image.manifest.layers) {
    if (!blobs_.is_whole(layer)) return layer.digest;
  }
  return std::nullopt;
}

void ImageStore::check_complete(const Image& image) const {
  if (const auto layer = missing_layer(image)) {
    throw Error(ErrorKind::kCorrupt, "layer " + layer->text() + " is missing or damaged")
        .with_hint("remove the image it came with and build that again");
  }
}

void ImageStore::put_name(const std::string& name, oci::Descriptor manifest, Annotations annotations,
                          ImageIndex::Put how) {
  manifest.annotations = std::move(annotations);
  manifest.platform = {};
  if (!manifest.annotations.contains(kEmbeddedAnnotation)) manifest.annotations[kCreatedAnnotation] = now_rfc3339();
  index_.put(oci::Reference::parse(name), std::move(manifest), how);
}

ImagePointer ImageStore::put_image(const std::string& name, std::string_view config_bytes,
                                   std::vector<oci::Descriptor> layers, const std::stop_token& stop) {
  oci::Reference::parse(name);  // before anything is written
  const Lease lease(*this);
  oci::Manifest manifest;
  manifest.config = blobs_.put(config_bytes, oci::kConfigMediaType);
  manifest.layers = std::move(layers);
  // Those of a base may have Docker's names, which have no place in an OCI manifest.
  for (oci::Descriptor& layer : manifest.layers) {
    layer.media_type = oci::oci_layer_media_type(layer.media_type);
    name_index(layer, stop);
  }
  const oci::Descriptor descriptor = blobs_.put(manifest.print(), oci::kManifestMediaType);
  ImagePointer image = load(descriptor.digest);
  check_complete(*image);
  throw_if_stopped(stop);
  put_name(name, descriptor);
  return image;
}

void ImageStore::name_index(oci::Descriptor& layer, const std::stop_token& stop) {
  const std::string key(kLayerIndexAnnotation);
  layer.annotations.erase(key);                           // that of a base is a claim of who made it
  if (!name_indexes_ || !blobs_.is_whole(layer)) return;  // without all blobs the image will not be put
  const LayerIndexes::Known known = indexes_.ensure(layer.digest, stop);
  if (!known.index.empty()) layer.annotations[key] = known.index.text();
}

ImagePointer ImageStore::add_image(const std::string& name, const oci::Descriptor& manifest, const Origin& origin) {
  ImagePointer image = load(manifest.digest);
  check_complete(*image);
  Annotations annotations;
  if (!origin.repository.empty()) annotations[kRepositoryAnnotation] = origin.repository;
  if (!origin.requested.empty() && origin.requested != manifest.digest) {
    annotations[kRequestedAnnotation] = origin.requested.text();
  }
  put_name(name, manifest, std::move(annotations),
           origin.only_if_free ? ImageIndex::Put::kIfFree : ImageIndex::Put::kReplace);
  return image;
}

void ImageStore::tag(const std::string& reference, const std::string& name) {
  const auto entry = index_.find(reference);
  if (!entry) throw Error(ErrorKind::kNotFound, "image not found: " + quote(reference));
  Annotations annotations = entry->manifest.annotations;
  annotations.erase(kEmbeddedAnnotation);  // the new name is the user's
  put_name(name, entry->manifest, std::move(annotations));
}

void ImageStore::remember_pushed(const std::string& reference, const oci::Digest& manifest) {
  const oci::Reference name = oci::Reference::parse(reference);
  index_.annotate(name, manifest, kRepositoryAnnotation, name.repository_name());
}

std::string ImageStore::repository_with(const oci::Digest& blob, const std::string& registry) const {
  for (const ImageIndex::Entry& entry : index_.list()) {
    const auto repository = entry.manifest.annotations.find(kRepositoryAnnotation);
    if (repository == entry.manifest.annotations.end() || !repository->second.starts_with(registry + "/")) continue;
    const ImagePointer image = try_load(entry.manifest.digest).image;
    if (!image) continue;
    const auto& layers = image->manifest.layers;
    const bool has = image->manifest.config.digest == blob ||
                     std::any_of(layers.begin(), layers.end(), [&](const oci::Descriptor& layer) {
                       return layer.digest == blob || named_index(layer) == blob;
                     });
    if (has) return repository->second.substr(registry.size() + 1);
  }
  return {};
}

bool ImageStore::remove(const std::string& name) {
  return index_.remove(oci::Reference::parse(name));
}

void ImageStore::ensure_embedded(const std::string& name, std::string_view tar) {
  with_context("embedded image " + quote(name), [&] {
    const oci::Descriptor manifest = read_layout_index(tar).manifests.at(0);
    const auto present = index_.find(oci::Reference::parse(name));
    if (present && !present->manifest.annotations.contains(kEmbeddedAnnotation)) return;
    const Lease lease(*this);
    const bool same = present && present->manifest.digest == manifest.digest;
    ImagePointer image = same ? try_load(manifest.digest).image : nullptr;
    if (!image || missing_layer(*image)) {
      std::vector<ArchivedImage> images = find_images(read_image_archive(bytes_of(tar), root_, blobs_));
      store(images.at(0));
      image = load(manifest.digest);
      check_complete(*image);
      put_name(name, manifest, {{kEmbeddedAnnotation, "true"}});
    }
    ensure_unpacked(*image);
  });
}

}  // namespace minibox::store
