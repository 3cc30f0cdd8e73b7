// What points at a blob: media type, digest, size (OCI image spec, descriptor.md). Plain value; the JSON form is in
// oci/json.h, which only .cc files of this layer and tests include.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace minibox::oci {

inline constexpr std::string_view kIndexMediaType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifestMediaType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfigMediaType = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kTarLayerMediaType = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kZstdLayerMediaType = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kGzipLayerMediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kDockerIndexMediaType = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifestMediaType = "application/vnd.docker.distribution.manifest.v2+json";

inline constexpr std::string_view kRefNameAnnotation = "org.opencontainers.image.ref.name";
// The full name, as containerd and docker save from version 25 on write it; ref.name is often only the tag.
inline constexpr std::string_view kContainerdNameAnnotation = "io.containerd.image.name";

struct Platform {
  std::string architecture;
  std::string os;
  std::string variant;
  bool operator==(const Platform&) const = default;
};

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::map<std::string, std::string> annotations;
  Platform platform;  // empty unless an image index says it
  bool operator==(const Descriptor&) const = default;

  bool is_index() const;     // OCI image index or Docker manifest list
  bool is_manifest() const;  // OCI image manifest or Docker schema 2
};

}  // namespace minibox::oci
