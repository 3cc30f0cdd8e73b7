// ImageStore: images and layers that come as a stream.
#include <utility>

#include "base/error.h"
#include "store/image_store.h"

namespace minibox::store {
namespace {

// "docker.io/library/busybox:1" -> "busybox:1": other engines write names in full, their users don't.
std::string familiar(const std::string& name) {
  const oci::Reference reference = oci::Reference::parse(name);
  if (reference.digest() || reference.host().empty() || reference.registry() != "docker.io") return name;
  constexpr std::string_view kOfficial = "library/";
  const bool official = reference.path().starts_with(kOfficial);
  const std::string path = official ? reference.path().substr(kOfficial.size()) : reference.path();
  return path + (reference.tag().empty() ? "" : ":" + reference.tag());
}

// Before the documents that refer to it.
void keep_blob(StagedLayer& layer) {
  if (!layer.blob) return;
  layer.blob->commit_as(layer.descriptor.digest, layer.descriptor.size);
  layer.blob.reset();
}

}  // namespace

void ImageStore::keep_unpacked(StagedLayer& layer) {
  keep_blob(layer);
  if (!layer.directory) return;
  const std::lock_guard lock(unpacking_);
  if (!snapshots_.has(layer.diff_id)) unpacked_[layer.diff_id] = std::move(layer.directory);
  layer.directory.reset();
}

void ImageStore::store(ArchivedImage& image) {
  for (const StagedLayerPointer& layer : image.layers) keep_unpacked(*layer);
  for (const StagedLayerPointer& index : image.indexes) keep_blob(*index);
  blobs_.put(image.config_bytes, image.config.media_type);
  blobs_.put(image.manifest_bytes, image.manifest.media_type);
}

std::vector<std::string> ImageStore::load_archive(ByteSource source, const std::string& name) {
  if (!name.empty()) oci::Reference::parse(name);  // before anything is read
  const Lease lease(*this);
  std::vector<ArchivedImage> images = find_images(read_image_archive(std::move(source), root_, blobs_));
  if (!name.empty()) {
    if (images.size() > 1) {
      throw Error(ErrorKind::kInvalid,
                  "the archive holds " + std::to_string(images.size()) + " images, so a name fits none");
    }
    images[0].names = {name};
  }
  for (const ArchivedImage& image : images) {
    if (!image.names.empty()) continue;
    throw Error(ErrorKind::kInvalid, "the image " + image.manifest.digest.text() + " in the archive has no name")
        .with_hint("give it one: minibox load -t NAME");
  }
  std::vector<std::string> names;
  for (ArchivedImage& image : images) {
    store(image);
    for (const std::string& each : image.names) {
      names.push_back(familiar(each));
      put_name(names.back(), image.manifest);
    }
  }
  return names;
}

void ImageStore::settle() {
  const std::lock_guard lock(unpacking_);
  for (const auto& [diff_id, directory] : unpacked_) snapshots_.commit(directory->path(), diff_id);
  unpacked_.clear();
}

}  // namespace minibox::store
