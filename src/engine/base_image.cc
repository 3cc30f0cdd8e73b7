#include "engine/base_image.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "build/hasher.h"
#include "build/scope.h"
#include "build/tree_digest.h"
#include "engine/image_lookup.h"
#include "store/layer_import.h"

namespace minibox::engine {
namespace {

bool is_archive_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> kEndings = {".tar", ".tar.gz", ".tgz", ".tar.zst"};
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

// No image has such a name.
bool is_path(std::string_view name) {
  return name.starts_with('/') || name.starts_with("./") || name.starts_with("../");
}

bool is_archive(const EngineState& state, const std::string& reference, const build::Context& context) {
  if (is_path(reference)) return true;
  return is_archive_name(reference) && !state.images.find(reference) && context.has_file(reference);
}

Base open_archive(const std::string& reference, const build::Context& context, build::StatCache& cache,
                  const std::stop_token& stop) {
  if (!is_archive_name(reference)) {
    throw Error(ErrorKind::kInvalid, "base " + quote(reference) + " is a path, but not that of an archive")
        .with_hint("its name must end in .tar, .tar.gz, .tgz or .tar.zst");
  }
  Base base;
  base.reference = reference;
  base.archive = context.open_file(reference);
  build::FileDigester digester;
  base.digest = "archive:" + oci::to_hex(build::digest_known_file(base.archive, digester, cache, stop));
  base.config.config.env = build::print_env_list(build::default_env());
  base.config.config.cmd = {"/bin/sh"};
  return base;
}

std::string cache_key(const Base& base) {
  return build::Hasher().field("minibox-base").field(base.digest).hex();
}

void unpack_archive(EngineState& state, Base& base, const build::LogSink& log, const std::stop_token& stop) {
  store::LayerCache::Lookup found = state.layer_cache.find(cache_key(base));
  log("[base] " + base.reference + ": " +
      (found.layer ? "using cached archive extract" : "extracting local archive..."));
  if (!found.layer) {
    found.layer = store::import_layer(state.data_root, state.images.blobs(), state.snapshots, base.archive, stop);
    if ("archive:" + found.layer->blob.digest.hex() != base.digest) throw build::changed_while_built(base.reference);
    state.layer_cache.put(cache_key(base), *found.layer);
  }
  base.diff_ids = base.config.diff_ids = {found.layer->diff_id};
  base.layers = {found.layer->blob};
  oci::HistoryEntry entry;
  entry.created_by = "BASE " + base.reference;
  base.config.history = {entry};
}

}  // namespace

Base resolve_base(EngineState& state, const std::string& reference, const BaseSources& sources) {
  if (reference == "scratch") return {};
  if (is_archive(state, reference, sources.context)) {
    return open_archive(reference, sources.context, sources.cache, sources.stop);
  }
  const bool here = is_here(state, reference);
  const store::ImagePointer image =
      here ? require_image(state, reference) : pull_base(state, reference, sources.auths, sources.log, sources.stop);
  return {reference, image->manifest_digest.text(), image->config, image->diff_ids, image->manifest.layers, {}, !here};
}

void make_base_ready(EngineState& state, Base& base, const build::LogSink& log, const std::stop_token& stop) {
  if (base.digest == "scratch" || base.pulled) return;
  if (!base.archive.valid()) return log("[base] " + base.reference + ": using local image");
  with_context("base " + quote(base.reference), [&] { unpack_archive(state, base, log, stop); });
}

}  // namespace minibox::engine
