// The files of a container, for who reads or writes them from outside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/archive.h"
#include "engine/container.h"
#include "engine/engine_state.h"
#include "engine/stopped_files.h"
#include "sys/root_dir.h"

namespace minibox::engine {

// As the container sees them: volumes and all. Its mutex is not held while they are copied, for that goes at the
// client's pace.
class ContainerFiles {
 public:
  ContainerFiles(EngineState& state, const ContainerPtr& container);  // kNotFound, kConflict

  ArchiveRoot archive_root() const { return {stopped_ ? stopped_->root() : *root_, first_id_, id_count_}; }
  unsigned first_id() const { return first_id_; }

  // Runs `read`; an Error that leaves it says so when the image, which may be lazy, is the reason.
  void read(const std::function<void(const ArchiveRoot& from)>& read) const;

 private:
  void open_running(EngineState& state, const Container& container);

  EngineState& state_;
  const ContainerPtr container_;
  std::optional<sys::RootDir> root_;
  std::shared_ptr<const StoppedFiles> stopped_;
  unsigned first_id_ = 0;
  unsigned id_count_ = UINT32_MAX;
};

}  // namespace minibox::engine
