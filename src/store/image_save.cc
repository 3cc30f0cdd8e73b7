// ImageStore: what an archive of images consists of. One tar in three forms at once (archived_images.h), so that every
// engine finds the one it knows.
#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "store/image_store.h"

namespace minibox::store {
namespace {

// "busybox" -> "busybox:latest", as docker load wants it. A digest is no tag: nothing of the sort for these.
std::string tagged(const oci::Reference& name) {
  const std::string registry = name.host().empty() ? "" : name.host() + "/";
  return registry + name.path() + ":" + (name.tag().empty() ? "latest" : name.tag());
}

oci::Json docker_item(const Image& image, const std::vector<std::string>& names) {
  oci::Json item = {{"Config", ImageArchive::blob_path(image.manifest.config.digest)}};
  item["RepoTags"] = oci::Json::array();
  for (const std::string& name : names) {
    const oci::Reference reference = oci::Reference::parse(name);
    if (!reference.digest()) item["RepoTags"].push_back(tagged(reference));
  }
  item["Layers"] = oci::Json::array();
  for (const oci::Descriptor& layer : image.manifest.layers) {
    item["Layers"].push_back(ImageArchive::blob_path(layer.digest));
  }
  return item;
}

struct Chosen {  // an image of the archive
  ImagePointer image;
  oci::Descriptor manifest;
  std::vector<std::string> names;  // as the user wrote them
};

oci::Index layout_index(const std::vector<Chosen>& images) {
  oci::Index index;
  for (const Chosen& chosen : images) {
    oci::Descriptor manifest = chosen.manifest;
    manifest.annotations.clear();
    const size_t before = index.manifests.size();
    for (const std::string& name : chosen.names) {
      const oci::Reference reference = oci::Reference::parse(name);
      manifest.annotations[std::string(oci::kRefNameAnnotation)] = name;
      if (!reference.digest()) manifest.annotations[std::string(oci::kContainerdNameAnnotation)] = reference.name();
      // Whoever loads it would look for that digest, and it may be one of a list of platforms that is not here.
      if (!reference.digest() || *reference.digest() == manifest.digest) index.manifests.push_back(manifest);
      manifest.annotations.clear();
    }
    if (index.manifests.size() == before) index.manifests.push_back(manifest);
  }
  return index;
}

std::vector<oci::Descriptor> blobs_of(const std::vector<Chosen>& images, const LayerIndexes& indexes) {
  std::vector<oci::Descriptor> blobs;
  std::set<oci::Digest> known;
  const auto add = [&](const oci::Descriptor& blob) {
    if (known.insert(blob.digest).second) blobs.push_back(blob);
  };
  for (const Chosen& chosen : images) {
    add(chosen.manifest);
    add(chosen.image->manifest.config);
    for (const oci::Descriptor& layer : chosen.image->manifest.layers) add(layer);
    for (const oci::Descriptor& index : indexes.named_by(chosen.image->manifest)) add(index);
  }
  return blobs;
}

std::vector<std::pair<std::string, std::string>> documents_of(const std::vector<Chosen>& images) {
  const Chosen& first = images.at(0);  // meta.json knows only one
  const oci::Json meta = {{"image", first.names[0]}, {"manifest_digest", first.manifest.digest.hex()}};
  oci::Json docker = oci::Json::array();
  for (const Chosen& chosen : images) docker.push_back(docker_item(*chosen.image, chosen.names));
  return {{"meta.json", meta.dump()},
          {"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
          {"index.json", layout_index(images).print()},
          {"manifest.json", docker.dump()}};
}

}  // namespace

ImageStore::Archive ImageStore::plan_archive(const std::vector<std::string>& references) const {
  std::vector<Chosen> images;
  for (const std::string& text : references) {
    const auto entry = index_.find(text);
    if (!entry) throw Error(ErrorKind::kNotFound, "image not found: " + quote(text));
    const auto same = std::find_if(images.begin(), images.end(), [&](const Chosen& chosen) {
      return chosen.manifest.digest == entry->manifest.digest;
    });
    if (same == images.end()) {
      const auto load_it = [&] { return load(entry->manifest.digest); };
      images.push_back({with_context("image " + quote(text), load_it), entry->manifest, {entry->name}});
    } else if (std::find(same->names.begin(), same->names.end(), entry->name) == same->names.end()) {
      same->names.push_back(entry->name);
    }
  }
  if (images.empty()) throw Error(ErrorKind::kInvalid, "no image is named");
  Archive archive{documents_of(images), blobs_of(images, indexes_)};
  for (const oci::Descriptor& blob : archive.blobs) {
    if (!blobs_.has(blob)) throw Error(ErrorKind::kCorrupt, "blob " + blob.digest.text() + " is missing or damaged");
  }
  return archive;
}

}  // namespace minibox::store
