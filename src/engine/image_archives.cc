// minibox save and load. The daemon opens no path of the user's: the client reads and writes those.
#include <chrono>

#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/image_lookup.h"
#include "engine/layer_indexing.h"
#include "store/image_archive.h"
#include "sys/send_file.h"
#include "wire/tar_format.h"

namespace minibox::engine {
namespace {

constexpr std::chrono::seconds kPatience{60};

std::string header_of(const std::string& path, std::uint64_t size) {
  wire::TarEntry entry;
  entry.path = path;
  entry.mode = 0644;
  entry.size = size;
  return wire::print_tar_header(entry);
}

// The tar up to the blobs' content.
std::string print_documents(const store::ImageStore::Archive& archive) {
  std::string text;
  for (const auto& [path, content] : archive.documents) {
    text += header_of(path, content.size()) + content;
    text.append(wire::tar_padding(content.size()), '\0');
  }
  return text;
}

std::string header_of(const oci::Descriptor& blob) {
  return header_of(store::ImageArchive::blob_path(blob.digest), blob.size);
}

std::uint64_t size_of(const oci::Descriptor& blob) {
  return header_of(blob).size() + blob.size + wire::tar_padding(blob.size);
}

}  // namespace

void Engine::save_images(const std::vector<std::string>& references, const OpenArchive& open) const {
  const store::ImageStore::Lease lease(state_->images);
  for (const std::string& reference : references) {
    if (!state_->images.find(reference)) throw missing_image(*state_, reference);
  }
  const store::ImageStore::Archive archive = state_->images.plan_archive(references);
  const std::string documents = print_documents(archive);
  std::uint64_t size = documents.size() + wire::tar_end().size();
  for (const oci::Descriptor& blob : archive.blobs) size += size_of(blob);
  const sys::Fd to = open(size);
  sys::send_all(to, documents, kPatience);
  for (const oci::Descriptor& blob : archive.blobs) {
    sys::send_all(to, header_of(blob), kPatience);
    sys::send_file(to, state_->images.blobs().open(blob.digest), blob.size, kPatience);
    sys::send_all(to, std::string(wire::tar_padding(blob.size), '\0'), kPatience);
  }
  sys::send_all(to, wire::tar_end(), kPatience);
}

std::vector<std::string> Engine::load_images(const ArchiveSource& source, const std::string& name) {
  EngineState& state = *state_;
  std::vector<std::string> names = state.images.load_archive(source, name);
  for (const std::string& each : names) {
    if (const store::ImagePointer image = state.images.try_resolve(each)) index_later(state, *image);
  }
  state.background.post("settle loaded images", [&state] { state.images.settle(); });
  return names;
}

}  // namespace minibox::engine
