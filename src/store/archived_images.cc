#include "store/archived_images.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "oci/image_config.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "oci/sha256.h"
#include "store/layer_index.h"

namespace minibox::store {
namespace {

constexpr size_t kMaxImages = 1000;
constexpr int kMaxIndexDepth = 3;
constexpr size_t kMaxDocumentBytes = 64u << 20;

[[noreturn]] void corrupt(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, why);
}

const std::string& require_document(const ImageArchive& archive, const std::string& path) {
  const std::string* bytes = archive.document(path);
  if (bytes == nullptr) corrupt("there is no " + quote(path) + " in it");
  return *bytes;
}

const std::string& blob_document(const ImageArchive& archive, const oci::Descriptor& descriptor) {
  const std::string& bytes = require_document(archive, ImageArchive::blob_path(descriptor.digest));
  if (bytes.size() != descriptor.size) {
    corrupt("blob " + descriptor.digest.short_hex() + " has " + std::to_string(bytes.size()) + " bytes instead of " +
            std::to_string(descriptor.size));
  }
  return bytes;
}

StagedLayerPointer require_layer(const ImageArchive& archive, const std::string& path) {
  StagedLayerPointer layer = archive.layer(path);
  if (!layer) corrupt("there is no layer " + quote(path) + " in it, or it is no tar");
  if (layer->damage) {
    Error damage = *layer->damage;
    damage.add_context("layer " + quote(path));
    throw damage;
  }
  return layer;
}

struct DockerImage {   // an item of manifest.json
  std::string config;  // a path
  std::vector<std::string> names;
  std::vector<std::string> layers;  // paths
};

std::vector<DockerImage> parse_docker_manifest(const std::string& bytes) {
  const oci::Json list = oci::parse_list(bytes, "manifest.json");
  std::vector<DockerImage> images;
  for (const oci::Json& item : list) {
    const oci::JsonObject object(item, "manifest.json[" + std::to_string(images.size()) + "]");
    images.push_back({object.text("Config"), object.texts("RepoTags"), object.texts("Layers")});
  }
  return images;
}

class Finder {
 public:
  explicit Finder(const ImageArchive& archive) : archive_(archive) {
    if (const std::string* bytes = archive.document("manifest.json")) docker_ = parse_docker_manifest(*bytes);
    if (const std::string* bytes = archive.document("meta.json")) read_meta(*bytes);
  }

  std::vector<ArchivedImage> find() {
    if (archive_.document("oci-layout") != nullptr || archive_.document("index.json") != nullptr) {
      read_layout();
    } else if (docker_) {
      for (const DockerImage& image : *docker_) add_docker(image);
    } else if (meta_) {
      add_meta();
    } else {
      throw Error(ErrorKind::kInvalid, "invalid archive: it has no index.json, manifest.json or meta.json")
          .with_hint("a tar of a root file system becomes an image with: minibox import FILE NAME");
    }
    if (images_.empty()) throw Error(ErrorKind::kInvalid, "there is no image in it");
    return std::move(images_);
  }

 private:
  struct Meta {
    std::string image;
    oci::Digest manifest;
  };

  void read_meta(const std::string& bytes) {
    const oci::Json document = oci::parse_document(bytes, "meta.json");
    const oci::JsonObject object(document, "meta.json");
    meta_ = {object.text("image"), oci::Digest::from_hex(object.text("manifest_digest"))};
  }

  void read_layout() {
    const oci::Json document = oci::parse_document(require_document(archive_, "oci-layout"), "oci-layout");
    const std::string version = oci::JsonObject(document, "oci-layout").text("imageLayoutVersion");
    if (version != "1.0.0") {
      throw Error(ErrorKind::kUnsupported, "layout version " + quote(version) + " is not '1.0.0'");
    }
    const oci::Index index = oci::Index::parse(require_document(archive_, "index.json"));
    add_index(index, {}, 0);
  }

  static bool is_ours(const oci::Platform& platform) {
    return platform.os.empty() || (platform.os == "linux" && platform.architecture == "amd64");
  }

  // `names` of the index itself; the layout's own has none, and each of its entries is an image. Below, the entries are
  // platforms of one image.
  void add_index(const oci::Index& index, const std::vector<std::string>& names, int depth) {
    if (depth == kMaxIndexDepth) corrupt("indexes are nested too deeply");
    const oci::Descriptor* foreign = nullptr;
    const size_t before = images_.size();
    for (const oci::Descriptor& entry : index.manifests) {
      if (!is_ours(entry.platform)) {
        foreign = &entry;
        continue;
      }
      std::vector<std::string> own = depth == 0 ? names_in(entry) : names;
      if (entry.is_index()) {
        const std::string& bytes = blob_document(archive_, entry);
        take(bytes.size());
        add_index(oci::Index::parse(bytes), own, depth + 1);
      } else if (entry.is_manifest()) {
        add_manifest(entry, std::move(own));
      }
      if (depth > 0 && images_.size() > before) return;
    }
    if (foreign != nullptr && images_.size() == before) {
      throw Error(ErrorKind::kUnsupported, "the image is for " +
                                               quote(foreign->platform.os + "/" + foreign->platform.architecture) +
                                               ", not for linux/amd64");
    }
  }

  static std::vector<std::string> names_in(const oci::Descriptor& entry) {
    for (const std::string_view key : {oci::kContainerdNameAnnotation, oci::kRefNameAnnotation}) {
      const auto found = entry.annotations.find(std::string(key));
      if (found != entry.annotations.end() && !found->second.empty()) return {found->second};
    }
    return {};
  }

  void add_manifest(const oci::Descriptor& descriptor, std::vector<std::string> names) {
    const std::string& bytes = blob_document(archive_, descriptor);
    const oci::Manifest manifest = oci::Manifest::parse(bytes);
    ArchivedImage image{.names = std::move(names),
                        .manifest = descriptor,
                        .manifest_bytes = bytes,
                        .config = manifest.config,
                        .config_bytes = blob_document(archive_, manifest.config),
                        .layers = {},
                        .indexes = {}};
    if (image.manifest.media_type.empty()) image.manifest.media_type = manifest.media_type;
    for (const oci::Descriptor& layer : manifest.layers) {
      image.layers.push_back(require_layer(archive_, ImageArchive::blob_path(layer.digest)));
      if (image.layers.back()->descriptor.size != layer.size) {
        corrupt("layer " + layer.digest.short_hex() + " does not have the size that the manifest says");
      }
      const auto index = named_index(layer);
      if (const auto there = index ? archive_.layer(ImageArchive::blob_path(*index)) : nullptr) {
        image.indexes.push_back(there);
      }
    }
    if (const auto written = names_in_docker_form(manifest.config.digest)) image.names = *written;
    if (image.names.empty() && meta_ && meta_->manifest == descriptor.digest) image.names = {meta_->image};
    add(std::move(image));
  }

  std::optional<std::vector<std::string>> names_in_docker_form(const oci::Digest& config) const {
    if (!docker_) return std::nullopt;
    for (const DockerImage& image : *docker_) {
      if (image.config == ImageArchive::blob_path(config) && !image.names.empty()) return image.names;
    }
    return std::nullopt;
  }

  void add_docker(const DockerImage& docker) {
    ArchivedImage image;
    image.names = docker.names;
    image.config_bytes = require_document(archive_, docker.config);
    for (const std::string& path : docker.layers) image.layers.push_back(require_layer(archive_, path));
    make_manifest(image);
    add(std::move(image));
  }

  static void make_manifest(ArchivedImage& image) {
    oci::Manifest manifest;
    image.config = {
        std::string(oci::kConfigMediaType), oci::Sha256::of(image.config_bytes), image.config_bytes.size(), {}, {}};
    manifest.config = image.config;
    for (const StagedLayerPointer& layer : image.layers) manifest.layers.push_back(layer->descriptor);
    image.manifest_bytes = manifest.print();
    image.manifest = {manifest.media_type, oci::Sha256::of(image.manifest_bytes), image.manifest_bytes.size(), {}, {}};
  }

  // The first MiniBox wrote digests of blobs where diff_ids belong; a config with that mistake is put right.
  void add_meta() {
    const std::string& bytes = require_document(archive_, ImageArchive::blob_path(meta_->manifest));
    oci::Descriptor descriptor{std::string(oci::kManifestMediaType), meta_->manifest, bytes.size(), {}, {}};
    const oci::Manifest manifest = oci::Manifest::parse(bytes);
    oci::Json config = oci::parse_document(blob_document(archive_, manifest.config), "image config");
    const oci::ImageConfig parsed = oci::ImageConfig::parse(blob_document(archive_, manifest.config));
    if (!lists_blobs(parsed, manifest)) return add_manifest(descriptor, {meta_->image});
    ArchivedImage image{.names = {meta_->image},
                        .manifest = {},
                        .manifest_bytes = {},
                        .config = {},
                        .config_bytes = {},
                        .layers = {},
                        .indexes = {}};
    config["rootfs"]["diff_ids"] = oci::Json::array();
    for (const oci::Descriptor& layer : manifest.layers) {
      image.layers.push_back(require_layer(archive_, ImageArchive::blob_path(layer.digest)));
      config["rootfs"]["diff_ids"].push_back(image.layers.back()->diff_id.text());
    }
    image.config_bytes = config.dump();
    make_manifest(image);
    add(std::move(image));
  }

  static bool lists_blobs(const oci::ImageConfig& config, const oci::Manifest& manifest) {
    if (config.diff_ids.size() != manifest.layers.size()) return false;
    for (size_t i = 0; i < config.diff_ids.size(); ++i) {
      const bool compressed = manifest.layers[i].media_type != oci::kTarLayerMediaType;
      if (!compressed || config.diff_ids[i] != manifest.layers[i].digest) return false;
    }
    return !config.diff_ids.empty();
  }

  void add(ArchivedImage image) {
    const oci::ImageConfig config = oci::ImageConfig::parse(image.config_bytes);
    if (config.diff_ids.size() != image.layers.size()) {
      corrupt("an image has " + std::to_string(image.layers.size()) + " layers, its config " +
              std::to_string(config.diff_ids.size()));
    }
    for (size_t i = 0; i < config.diff_ids.size(); ++i) {
      if (image.layers[i]->diff_id == config.diff_ids[i]) continue;
      corrupt("layer " + std::to_string(i + 1) + " has the content " + image.layers[i]->diff_id.text() +
              " instead of " + config.diff_ids[i].text());
    }
    for (const std::string& name : image.names) oci::Reference::parse(name);
    take(image.manifest_bytes.size() + image.config_bytes.size());
    if (++entries_ > kMaxImages) throw Error(ErrorKind::kExhausted, "more than 1000 images");
    const oci::Digest digest = image.manifest.digest;
    const auto [known, is_new] = by_manifest_.try_emplace(digest, images_.size());
    const std::vector<std::string> names = std::exchange(image.names, {});
    if (is_new) images_.push_back(std::move(image));
    // A layout has an entry for each name, and the docker-archive beside it all of them.
    for (const std::string& name : names) {
      if (named_.insert({digest, name}).second) images_[known->second].names.push_back(name);
    }
  }

  // A small archive may name one document many times.
  void take(std::size_t bytes) {
    document_bytes_ += bytes;
    if (document_bytes_ <= kMaxDocumentBytes) return;
    throw Error(ErrorKind::kExhausted,
                "its images have more than " + std::to_string(kMaxDocumentBytes >> 20) + " MiB of documents");
  }

  const ImageArchive& archive_;
  std::size_t document_bytes_ = 0;  // indexes, manifests and configs, each as often as it is named
  std::optional<std::vector<DockerImage>> docker_;
  std::optional<Meta> meta_;
  std::vector<ArchivedImage> images_;
  size_t entries_ = 0;
  std::map<oci::Digest, size_t> by_manifest_;  // where in images_
  std::set<std::pair<oci::Digest, std::string>> named_;
};

}  // namespace

std::vector<ArchivedImage> find_images(const ImageArchive& archive) {
  return with_context("image archive", [&] { return Finder(archive).find(); });
}

}  // namespace minibox::store
