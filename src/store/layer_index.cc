#include "store/layer_index.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"
#include "store/layer_tar.h"

namespace minibox::store {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr int kZstdLevel = 3;
constexpr size_t kMaxLine = 2u << 20;
constexpr size_t kWindow = 32u << 10;  // deflate looks no further back

constexpr std::array<std::pair<Compression, std::string_view>, 3> kCompressions = {
    {{Compression::kNone, "none"}, {Compression::kGzip, "gzip"}, {Compression::kZstd, "zstd"}}};

[[noreturn]] void corrupt(const std::string& why) {
  throw Error(ErrorKind::kCorrupt, why);
}

std::string compress(std::string_view bytes, int level) {
  std::string compressed(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(compressed.data(), compressed.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size)) throw Error(ErrorKind::kInternal, "zstd compression refused its input");
  compressed.resize(size);
  return compressed;
}

std::string decode(std::string_view base64) {
  auto bytes = base64_decode(base64);
  if (!bytes) corrupt("there is text that is not base64");
  return std::move(*bytes);
}

// Compressed on its own: in base64 the compression of the whole would find nothing in it.
std::string print_window(const std::string& window) {
  return base64_encode(compress(window, kZstdLevel));
}

std::string parse_window(const std::string& text) {
  const std::string bytes = decode(text);
  std::string window(kWindow, '\0');
  const size_t size = ZSTD_decompress(window.data(), window.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size)) corrupt("the window is damaged, or larger than 32 KiB");
  window.resize(size);
  return window;
}

// JSON is UTF-8; names need not be. Those have a key of their own.
void put_name(oci::Json& json, const std::string& key, const std::string& name) {
  if (is_utf8(name)) {
    json[key] = name;
  } else {
    json[key + "64"] = base64_encode(name);
  }
}

std::string get_name(const oci::JsonObject& json, const char* key, const char* key64) {
  return json.has(key64) ? decode(json.text(key64)) : json.text(key);
}

std::uint32_t get_32(const oci::JsonObject& json, const char* key) {
  const std::int64_t value = json.integer(key);
  if (value < 0 || value > UINT32_MAX) json.fail(key, "is out of range");
  return static_cast<std::uint32_t>(value);
}

template <typename Number>
void put_unless_zero(oci::Json& json, const char* key, Number value) {
  if (value != 0) json[key] = value;
}

oci::Json print_chunk(const LayerChunk& chunk) {
  oci::Json json = {{"at", chunk.offset}, {"from", chunk.blob_offset}, {"to", chunk.blob_end}};
  if (chunk.raw_deflate) {
    put_unless_zero(json, "bits", chunk.bits);
    json["window"] = print_window(chunk.window);
  }
  json["sha256"] = chunk.digest.hex();
  return json;
}

LayerChunk parse_chunk(const oci::JsonObject& json) {
  LayerChunk chunk;
  chunk.offset = json.natural("at");
  chunk.blob_offset = json.natural("from");
  chunk.blob_end = json.natural("to");
  chunk.raw_deflate = json.has("window");
  if (chunk.raw_deflate) {
    chunk.bits = get_32(json, "bits");
    chunk.window = parse_window(json.text("window"));
  }
  chunk.digest = oci::Digest::from_hex(json.text("sha256"));
  return chunk;
}

oci::Json print_entry(const IndexedEntry& indexed) {
  const TarEntry& entry = indexed.entry;
  oci::Json json = oci::Json::object();
  put_name(json, "path", entry.path);
  if (entry.hard_link) {
    put_name(json, "hard", entry.link_target);
    return json;
  }
  json["mode"] = entry.mode;
  put_unless_zero(json, "uid", entry.uid);
  put_unless_zero(json, "gid", entry.gid);
  put_unless_zero(json, "time", entry.mtime);
  put_unless_zero(json, "ns", indexed.mtime_ns);
  if (S_ISREG(entry.mode)) {
    put_unless_zero(json, "size", entry.size);
    put_unless_zero(json, "at", indexed.content);
  }
  if (S_ISLNK(entry.mode)) put_name(json, "link", entry.link_target);
  if (S_ISCHR(entry.mode) || S_ISBLK(entry.mode)) {
    put_unless_zero(json, "major", gnu_dev_major(entry.device));
    put_unless_zero(json, "minor", gnu_dev_minor(entry.device));
  }
  for (const auto& [name, value] : entry.xattrs) {
    json["xattrs"].push_back(base64_encode(name));
    json["xattrs"].push_back(base64_encode(value));
  }
  return json;
}

IndexedEntry parse_entry(const oci::JsonObject& json) {
  IndexedEntry indexed;
  TarEntry& entry = indexed.entry;
  entry.path = get_name(json, "path", "path64");
  entry.hard_link = json.has("hard") || json.has("hard64");
  if (entry.hard_link) {
    entry.link_target = get_name(json, "hard", "hard64");
    return indexed;
  }
  entry.mode = get_32(json, "mode");
  entry.uid = get_32(json, "uid");
  entry.gid = get_32(json, "gid");
  entry.mtime = json.integer("time");
  indexed.mtime_ns = json.integer("ns");
  if (S_ISREG(entry.mode)) {
    if (json.has("size")) entry.size = json.natural("size");
    if (json.has("at")) indexed.content = json.natural("at");
  }
  if (S_ISLNK(entry.mode)) entry.link_target = get_name(json, "link", "link64");
  if (S_ISCHR(entry.mode) || S_ISBLK(entry.mode)) {
    entry.device = gnu_dev_makedev(get_32(json, "major"), get_32(json, "minor"));
  }
  const std::vector<std::string> xattrs = json.texts("xattrs");
  if (xattrs.size() % 2 != 0) json.fail("xattrs", "has a name without a value");
  for (size_t i = 0; i < xattrs.size(); i += 2) entry.xattrs.emplace_back(decode(xattrs[i]), decode(xattrs[i + 1]));
  return indexed;
}

oci::Json print_head(const LayerIndex& index) {
  const auto* const name = std::find_if(kCompressions.begin(), kCompressions.end(),
                                        [&](const auto& known) { return known.first == index.compression; });
  return {{"version", kVersion},           {"blob", index.blob.hex()},       {"blob_size", index.blob_size},
          {"compression", name->second},   {"diff_id", index.diff_id.hex()}, {"size", index.size},
          {"chunks", index.chunks.size()}, {"entries", index.entries.size()}};
}

Compression parse_compression(const std::string& text) {
  for (const auto& [compression, name] : kCompressions) {
    if (name == text) return compression;
  }
  corrupt("compression " + quote(text) + " is unknown");
}

// The lines of the index, one after the other.
class Reader {
 public:
  LayerIndex read(std::string_view blob) {
    if (blob.size() > kMaxLayerIndex) exhausted("is larger than " + std::to_string(kMaxLayerIndex) + " bytes");
    if (compression_of(blob.substr(0, 4)) != Compression::kZstd) corrupt("it is not compressed with zstd");
    Decompressor text([blob](char* buffer, size_t size) mutable {
      const size_t part = blob.copy(buffer, size);
      blob.remove_prefix(part);
      return part;
    });
    for (std::string_view piece = text.next(); !piece.empty(); piece = text.next()) add(piece);
    if (!pending_.empty()) corrupt("the last line has no end");
    if (line_ == 0) corrupt("it is empty");
    if (index_.chunks.size() < chunks_ || index_.entries.size() < entries_) corrupt("lines are missing at its end");
    return std::move(index_);
  }

 private:
  [[noreturn]] static void exhausted(const std::string& why) { throw Error(ErrorKind::kExhausted, "it " + why); }

  void add(std::string_view piece) {
    size_ += piece.size();
    if (size_ > kMaxIndexText) exhausted("has more than " + std::to_string(kMaxIndexText) + " bytes");
    for (size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
      pending_ += piece.substr(0, end);
      piece.remove_prefix(end + 1);
      ++line_;
      with_context("line " + std::to_string(line_), [&] { add_line(); });
      pending_.clear();
    }
    pending_ += piece;
    if (pending_.size() > kMaxLine) exhausted("has a line of more than " + std::to_string(kMaxLine) + " bytes");
  }

  void add_line() {
    if (line_ > 1 && index_.chunks.size() == chunks_ && index_.entries.size() == entries_) corrupt("is one too many");
    const oci::Json document = oci::parse_document(pending_, "it");
    if (line_ == 1) return add_head({document, "layer"});
    if (index_.chunks.size() < chunks_) return add_chunk({document, "chunk"});
    index_.entries.push_back(parse_entry({document, "entry"}));
  }

  void add_chunk(const oci::JsonObject& json) {
    index_.chunks.push_back(parse_chunk(json));
    windows_ += index_.chunks.back().window.size();
    if (windows_ > kMaxWindows) exhausted("has more than " + std::to_string(kMaxWindows) + " bytes of windows");
  }

  void add_head(const oci::JsonObject& json) {
    if (json.integer("version") != kVersion) {
      throw Error(ErrorKind::kUnsupported, "version " + std::to_string(json.integer("version")) + " is unknown");
    }
    index_.blob = oci::Digest::from_hex(json.text("blob"));
    index_.blob_size = json.natural("blob_size");
    index_.compression = parse_compression(json.text("compression"));
    index_.diff_id = oci::Digest::from_hex(json.text("diff_id"));
    index_.size = json.natural("size");
    chunks_ = json.natural("chunks");
    entries_ = json.natural("entries");
    if (entries_ > LayerLimits{}.max_entries) exhausted("has more than " + std::to_string(entries_) + " entries");
  }

  LayerIndex index_;
  std::string pending_;
  std::uint64_t size_ = 0;
  std::uint64_t windows_ = 0;  // bytes
  std::uint64_t line_ = 0;
  std::uint64_t chunks_ = 0;   // to come, as the first line says
  std::uint64_t entries_ = 0;  // the same
};

}  // namespace

std::optional<oci::Digest> named_index(const oci::Descriptor& layer) {
  const auto found = layer.annotations.find(std::string(kLayerIndexAnnotation));
  if (found == layer.annotations.end()) return std::nullopt;
  constexpr std::string_view kPrefix = "sha256:";
  const std::string_view text = found->second;
  if (!text.starts_with(kPrefix) || !oci::Digest::is_hex(text.substr(kPrefix.size()))) return std::nullopt;
  return oci::Digest::parse(text);
}

LayerIndex LayerIndex::parse(std::string_view blob) {
  return with_context("layer index", [&] {
    try {
      LayerIndex index = Reader().read(blob);
      index.check();
      return index;
    } catch (Error& error) {
      if (error.kind() == ErrorKind::kInvalid) error.with_kind(ErrorKind::kCorrupt);  // nobody wrote it by hand
      throw;
    }
  });
}

std::string LayerIndex::print(std::size_t max_text) const {
  std::string text;
  const auto add = [&](const oci::Json& line) {
    text += line.dump() + "\n";
    if (text.size() > max_text) {
      throw Error(ErrorKind::kExhausted, "the index would have more than " + std::to_string(max_text) + " bytes");
    }
  };
  add(print_head(*this));
  for (const LayerChunk& chunk : chunks) add(print_chunk(chunk));
  for (const IndexedEntry& entry : entries) add(print_entry(entry));
  return compress(text, kZstdLevel);
}

}  // namespace minibox::store
