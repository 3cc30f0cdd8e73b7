#include "store/image_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "store/image_archive.h"
#include "store/layer_tar.h"
#include "sys/file.h"

namespace minibox::store {
namespace {

// On the index entry of the image that comes with the program, so that a newer program may replace it.
constexpr char kEmbeddedAnnotation[] = "minibox.embedded";
constexpr char kArchitecture[] = "amd64";

bool fits_this_machine(const oci::Descriptor& descriptor) {
  const oci::Platform& platform = descriptor.platform;
  return platform == oci::Platform{} || (platform.os == "linux" && platform.architecture == kArchitecture);
}

// An image index stands for its one manifest that fits this machine.
oci::Descriptor pick_manifest(const oci::Descriptor& descriptor, const BlobStore& blobs) {
  if (descriptor.is_manifest()) return descriptor;
  if (!descriptor.is_index()) {
    throw Error(ErrorKind::kUnsupported, "image archive: type " + quote(descriptor.media_type) + " is not an image");
  }
  for (oci::Descriptor& candidate : oci::Index::parse(blobs.read(descriptor)).manifests) {
    if (candidate.is_manifest() && fits_this_machine(candidate)) return std::move(candidate);
  }
  throw Error(ErrorKind::kUnsupported, "the image has no variant for linux/" + std::string(kArchitecture));
}

std::string name_of(const oci::Descriptor& descriptor) {
  // What containerd and nerdctl write; their ref.name is the tag alone.
  for (const char* key : {"io.containerd.image.name", oci::kRefNameAnnotation.data()}) {
    const auto name = descriptor.annotations.find(key);
    if (name != descriptor.annotations.end()) return name->second;
  }
  throw Error(ErrorKind::kInvalid, "image archive: an image has no name").with_hint("give the image a name");
}

}  // namespace

ImageStore::ImageStore(const DataRoot& root, OverlaySnapshotter& snapshots)
    : root_(root), blobs_(root), index_(root), snapshots_(snapshots) {}

ImageStore::~ImageStore() = default;

ImagePointer ImageStore::resolve(const std::string& reference) const {
  const auto entry = index_.find(oci::Reference::parse(reference));
  if (!entry) return nullptr;
  return with_context("image " + quote(reference), [&] { return load(entry->manifest.digest); });
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

void ImageStore::ensure_unpacked(const Image& image) const {
  const auto missing = [&](const oci::Digest& diff_id) { return !snapshots_.has(diff_id); };
  if (std::none_of(image.diff_ids.begin(), image.diff_ids.end(), missing)) return;
  const std::lock_guard lock(unpacking_);
  for (size_t i = 0; i < image.diff_ids.size(); ++i) {
    const oci::Digest& diff_id = image.diff_ids[i];
    snapshots_.add_layer(diff_id, [&](const std::string& directory) {
      unpack_layer(blobs_.open(image.manifest.layers[i].digest), diff_id, directory);
    });
  }
}

std::vector<ImageEntry> ImageStore::list() const {
  std::vector<ImageEntry> list;
  for (const ImageIndex::Entry& entry : index_.list()) {
    const ImagePointer image = with_context("image " + quote(entry.name), [&] { return load(entry.manifest.digest); });
    list.push_back({entry.name, image->manifest_digest, image->size_bytes, image->config.created});
  }
  return list;
}

void ImageStore::check_complete(const Image& image) const {
  for (const oci::Descriptor& layer : image.manifest.layers) {
    if (!blobs_.has(layer)) {
      throw Error(ErrorKind::kCorrupt, "layer " + layer.digest.text() + " is missing or has another size");
    }
  }
}

void ImageStore::put_name(const std::string& name, oci::Descriptor manifest, bool embedded) {
  manifest.annotations.clear();
  manifest.platform = {};
  if (embedded) manifest.annotations[kEmbeddedAnnotation] = "true";
  index_.put(oci::Reference::parse(name), std::move(manifest));
}

ImagePointer ImageStore::put_image(const std::string& name, std::string_view config_bytes,
                                   std::vector<oci::Descriptor> layers) {
  oci::Reference::parse(name);  // before anything is written
  const Lease lease(*this);
  oci::Manifest manifest;
  manifest.config = blobs_.put(config_bytes, oci::kConfigMediaType);
  manifest.layers = std::move(layers);
  const oci::Descriptor descriptor = blobs_.put(manifest.print(), oci::kManifestMediaType);
  ImagePointer image = load(descriptor.digest);
  check_complete(*image);
  put_name(name, descriptor, false);
  return image;
}

bool ImageStore::remove(const std::string& reference) {
  return index_.remove(oci::Reference::parse(reference));
}

std::vector<std::string> ImageStore::name_imported(const oci::Index& index, const std::string& name) {
  if (!name.empty() && index.manifests.size() != 1) {
    throw Error(ErrorKind::kInvalid, "the archive holds " + std::to_string(index.manifests.size()) +
                                         " images, which can't all be named " + quote(name));
  }
  // All are checked before the first gets its name.
  std::vector<std::pair<std::string, oci::Descriptor>> images;
  for (const oci::Descriptor& listed : index.manifests) {
    oci::Descriptor manifest = pick_manifest(listed, blobs_);
    const std::string text = name.empty() ? name_of(listed) : name;
    oci::Reference::parse(text);
    const ImagePointer image = load(manifest.digest);
    check_complete(*image);
    images.emplace_back(text, std::move(manifest));
  }
  std::vector<std::string> names;
  for (auto& [text, manifest] : images) {
    put_name(text, std::move(manifest), false);
    names.push_back(text);
  }
  return names;
}

std::vector<std::string> ImageStore::import_layout(sys::Fd tar, const std::string& name) {
  const Lease lease(*this);
  return name_imported(store::import_layout(std::move(tar), blobs_), name);
}

std::vector<std::string> ImageStore::import_layout(std::string_view tar, const std::string& name) {
  const Lease lease(*this);
  return name_imported(store::import_layout(tar, blobs_), name);
}

void ImageStore::ensure_embedded(const std::string& name, std::string_view tar) {
  with_context("embedded image " + quote(name), [&] {
    const oci::Descriptor manifest = read_layout_index(tar).manifests.at(0);
    const auto present = index_.find(oci::Reference::parse(name));
    if (present && !present->manifest.annotations.contains(kEmbeddedAnnotation)) return;
    const bool same = present && present->manifest.digest == manifest.digest && blobs_.has(manifest);
    const Lease lease(*this);
    if (!same) {
      store::import_layout(tar, blobs_);
      put_name(name, manifest, true);
    }
    const ImagePointer image = load(manifest.digest);
    check_complete(*image);
    ensure_unpacked(*image);
  });
}

}  // namespace minibox::store
