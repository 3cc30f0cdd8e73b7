// What a build stands on. BASE names, in this order: "scratch"; an image that is here; a root file system archive of
// the build context (*.tar, *.tar.gz, *.tgz, *.tar.zst); an image of a registry.
//
// In two steps, because a build is planned in between: resolve_base() finds out what goes into the cache keys and may
// still refuse the build; make_base_ready() does what takes long, and logs it. One thread; the caller holds a Lease of
// the image store all the while.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "build/context.h"
#include "build/log.h"
#include "engine/engine_state.h"
#include "oci/image_config.h"
#include "wire/registry_auth.h"

namespace minibox::engine {

struct Base {
  std::string reference;
  std::string digest = "scratch";  // of the manifest, or of the archive: what cache keys are made of
  oci::ImageConfig config;
  // Bottom first; of an archive they are known only when it is ready.
  std::vector<oci::Digest> diff_ids;
  std::vector<oci::Descriptor> layers;
  sys::Fd archive;      // open when the base is one
  bool pulled = false;  // just now, which the log has told
};

// Where a base may come from, and who is told. All of it outlives the call.
struct BaseSources {
  const build::Context& context;
  build::StatCache& cache;  // of the context
  const std::vector<wire::RegistryAuth>& auths;
  const build::LogSink& log;
  const std::stop_token& stop;
};

// kNotFound when there is none; kInvalid for an archive outside the context; what a registry says.
Base resolve_base(EngineState& state, const std::string& reference, const BaseSources& sources);

void make_base_ready(EngineState& state, Base& base, const build::LogSink& log, const std::stop_token& stop);

}  // namespace minibox::engine
