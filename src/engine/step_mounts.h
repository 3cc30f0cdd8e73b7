// What the RUN steps of a block see beside its files: its caches, and its secrets under /run/secrets. Nothing of that
// gets into the layer, the places where it was mounted included.
//
// Made before a step and destroyed after it; removes what it made.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "build/document.h"
#include "engine/build_caches.h"
#include "engine/engine_state.h"
#include "sys/file.h"

namespace minibox::engine {

using Secrets = std::map<std::string, std::string>;  // name -> content

class StepMounts {
 public:
  // `directory` and `layers` are the block's snapshot; `cache_paths` are mounted beside the block's own. Waits for the
  // caches; kCancelled. All must outlive it.
  StepMounts(EngineState& state, const build::Block& block, const std::string& directory,
             const std::vector<oci::Digest>& layers, const std::vector<std::string>& cache_paths,
             const Secrets& secrets, const std::stop_token& stop);
  StepMounts(const StepMounts&) = delete;
  StepMounts& operator=(const StepMounts&) = delete;

  const wire::Volumes& volumes() const { return volumes_; }  // as RunRequest::volumes

  // After the step: takes the mount points that were made for it out of the snapshot.
  void remove_mount_points();

 private:
  void write_secrets(const build::Block& block, const Secrets& secrets);
  void note_missing();

  EngineState& state_;
  const std::string& directory_;
  const std::vector<oci::Digest>& layers_;
  std::unique_ptr<BuildCaches::Lease> caches_;
  std::optional<sys::TempDir> secrets_;
  wire::Volumes volumes_;
  std::vector<std::string> missing_;  // directories that were not there, parents first
};

}  // namespace minibox::engine
