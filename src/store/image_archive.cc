#include "store/image_archive.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "oci/sha256.h"
#include "store/decompressor.h"
#include "store/tar_locale.h"
#include "store/tar_reader.h"
#include "sys/root_dir.h"

namespace minibox::store {
namespace {

constexpr std::string_view kBlobPrefix = "blobs/sha256/";
constexpr std::string_view kLayerIndex = ".index.json";  // beside a blob in the form with meta.json; not looked at
constexpr size_t kTarBlock = 512;
constexpr int kMaxLinks = 8;

[[noreturn]] void corrupt(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, why);
}

// What a root file system has and an archive of images has not.
[[noreturn]] void no_image(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, why)
      .with_hint("a tar of a root file system becomes an image with: minibox import FILE NAME");
}

// Without "." and doubled slashes.
std::string clean_name(const std::string& name) {
  if (name.starts_with('/')) corrupt("the path is absolute");
  std::string clean = sys::relative_path(name);
  for (const std::string& part : split(clean, '/')) {
    if (part == "..") corrupt("the path leads upwards");
  }
  return clean;
}

// What a symlink at `path` means, as a path of the archive.
std::string link_target(const std::string& path, const std::string& target) {
  if (target.starts_with('/')) no_image("the link leads out of the archive");
  std::vector<std::string> parts = split(path, '/');
  parts.pop_back();
  for (const std::string& part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      no_image("the link leads out of the archive");
    } else {
      parts.pop_back();
    }
  }
  return join(parts, "/");
}

// POSIX.1 pax, "ustar Interchange Format": the sum of a header's bytes, its own field counted as blanks. A block of
// zeros is the end of an archive without members, which docker save writes for an empty layer.
bool is_tar_header(std::string_view head) {
  if (head.size() < kTarBlock) return false;
  constexpr size_t kSum = 148;
  constexpr size_t kSumSize = 8;
  unsigned written = 0;
  for (const char c : head.substr(kSum, kSumSize)) {
    if (c >= '0' && c <= '7') written = written * 8 + static_cast<unsigned>(c - '0');
  }
  unsigned sum = 0;
  for (size_t i = 0; i < kTarBlock; ++i) {
    sum += i >= kSum && i < kSum + kSumSize ? ' ' : static_cast<unsigned char>(head[i]);
  }
  constexpr unsigned kSumOfZeros = ' ' * kSumSize;
  return sum == written || (sum == kSumOfZeros && written == 0);
}

bool looks_like_layer(std::string_view head) {
  return compression_of(head) != Compression::kNone || is_tar_header(head);
}

class Reader {
 public:
  Reader(ByteSource source, const DataRoot& root, const BlobStore& blobs, const ArchiveLimits& limits)
      : decompressor_(std::move(source)),
        tar_([this] { return decompressor_.next(); }),
        root_(root),
        blobs_(blobs),
        limits_(limits) {}

  ImageArchive read() {
    while (const std::optional<TarMember> member = tar_.next()) {
      if (++members_ > limits_.max_members) {
        throw Error(ErrorKind::kExhausted, "more than " + std::to_string(limits_.max_members) + " members");
      }
      with_context(quote(member->entry.path), [&] { add(member->entry); });
    }
    return std::move(archive_);
  }

 private:
  void add(const TarEntry& entry) {
    const std::string path = clean_name(entry.path);
    if (S_ISDIR(entry.mode) && !entry.hard_link) return;
    remember(path.size() + entry.link_target.size());
    if (!names_.insert(path).second) corrupt("the archive has it twice");
    if (entry.hard_link) {
      archive_.links[path] = clean_name(entry.link_target);
    } else if (S_ISLNK(entry.mode)) {
      archive_.links[path] = link_target(path, entry.link_target);
    } else if (S_ISREG(entry.mode)) {
      add_file(path, entry.size);
    } else {
      no_image("neither file, directory nor link");
    }
  }

  // The first bytes decide what it is; the names of docker-archives tell nothing.
  void add_file(const std::string& path, std::uint64_t size) {
    std::string head;
    std::optional<LayerIntake> layer;
    oci::Sha256 hash;
    std::uint64_t end = 0;
    tar_.read_content([&](std::int64_t offset, std::string_view bytes) {
      if (static_cast<std::uint64_t>(offset) != end) corrupt("a sparse member");
      end += bytes.size();
      take(bytes.size());
      if (!layer) {
        hash.update(bytes);
        head += bytes.substr(0, oci::kMaxDocumentSize + 1 - std::min<size_t>(head.size(), oci::kMaxDocumentSize + 1));
        if (head.size() < std::min<std::uint64_t>(size, kTarBlock) || end - bytes.size() >= kTarBlock) return;
        if (!looks_like_layer(head)) return;
        layer.emplace(root_, blobs_, limits_.layer);
        bytes = head;  // nothing was cut off yet: pieces are smaller than a document
      }
      layer->write(bytes);
    });
    if (end != size) corrupt("it is cut short");
    if (layer) return add_layer(path, layer->finish());
    if (path.starts_with(kBlobPrefix)) check_name(path, hash.finish());
    add_document(path, std::move(head));
  }

  void take(std::uint64_t bytes) {
    bytes_ += bytes;
    if (bytes_ > limits_.max_bytes) {
      throw Error(ErrorKind::kExhausted, "the archive holds more than " + std::to_string(limits_.max_bytes) + " bytes");
    }
  }

  static void check_name(const std::string& path, const oci::Digest& digest) {
    if (path.ends_with(kLayerIndex)) return;
    const oci::Digest name = oci::Digest::from_hex(path.substr(kBlobPrefix.size()));
    if (name != digest) corrupt("it has the content of " + digest.text());
  }

  void add_layer(const std::string& path, StagedLayer layer) {
    if (path.starts_with(kBlobPrefix)) check_name(path, layer.descriptor.digest);
    archive_.layers[path] = std::make_shared<StagedLayer>(std::move(layer));
  }

  void add_document(const std::string& path, std::string bytes) {
    if (bytes.size() > oci::kMaxDocumentSize) {
      if (path.find('/') == std::string::npos)
        corrupt("larger than " + std::to_string(oci::kMaxDocumentSize) + " bytes");
      return;  // what it may be, no image can refer to it
    }
    remember(bytes.size());
    archive_.documents[path] = std::move(bytes);
  }

  void remember(std::uint64_t bytes) {
    remembered_ += bytes;
    if (remembered_ > limits_.max_remembered) throw Error(ErrorKind::kExhausted, "too many documents");
  }

  const TarLocale locale_;
  Decompressor decompressor_;
  TarReader tar_;
  const DataRoot& root_;
  const BlobStore& blobs_;
  const ArchiveLimits& limits_;
  ImageArchive archive_;
  std::set<std::string> names_;
  std::uint64_t members_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t remembered_ = 0;
};

}  // namespace

std::string ImageArchive::resolve(const std::string& path) const {
  std::string at = path;
  for (int left = kMaxLinks; left > 0; --left) {
    const auto link = links.find(at);
    if (link == links.end()) return at;
    at = link->second;
  }
  return {};
}

const std::string* ImageArchive::document(const std::string& path) const {
  const auto found = documents.find(resolve(path));
  return found == documents.end() ? nullptr : &found->second;
}

StagedLayerPointer ImageArchive::layer(const std::string& path) const {
  const auto found = layers.find(resolve(path));
  return found == layers.end() ? nullptr : found->second;
}

ImageArchive read_image_archive(ByteSource source, const DataRoot& root, const BlobStore& blobs,
                                const ArchiveLimits& limits) {
  return with_context("image archive", [&] { return Reader(std::move(source), root, blobs, limits).read(); });
}

ByteSource bytes_of(std::string_view bytes) {
  return [bytes](char* buffer, size_t size) mutable {
    const size_t part = std::min(size, bytes.size());
    std::copy_n(bytes.data(), part, buffer);
    bytes.remove_prefix(part);
    return part;
  };
}

oci::Index read_layout_index(std::string_view tar) {
  return with_context("image archive", [&] {
    const TarLocale locale;
    TarReader reader([&] { return std::exchange(tar, {}); });
    while (const std::optional<TarMember> member = reader.next()) {
      if (!S_ISREG(member->entry.mode) || sys::relative_path(member->entry.path) != "index.json") continue;
      std::string bytes;
      reader.read_content([&](std::int64_t, std::string_view piece) {
        bytes += piece;
        if (bytes.size() > oci::kMaxDocumentSize) corrupt("'index.json' is too large");
      });
      return oci::Index::parse(bytes);
    }
    corrupt("there is no 'index.json' file in it");
  });
}

}  // namespace minibox::store
