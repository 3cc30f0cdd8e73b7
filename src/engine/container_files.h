// The files of a container, for who reads or writes them from outside.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "engine/archive.h"
#include "engine/container.h"
#include "engine/engine_state.h"
#include "engine/overlay_view.h"
#include "sys/root_dir.h"

namespace minibox::engine {

// While the container runs, as it sees them, volumes and all; otherwise its root file system alone, and it can't be
// started before this ends.
class ContainerFiles {
 public:
  ContainerFiles(EngineState& state, const ContainerPtr& container);  // kNotFound, kConflict

  ArchiveRoot archive_root() const { return {view_ ? view_->root() : *root_, first_id_, id_count_}; }
  unsigned first_id() const { return first_id_; }

 private:
  void open_running(EngineState& state, const Container& container);
  void open_stopped(EngineState& state, Container& container);

  std::unique_lock<std::mutex> lock_;
  std::optional<sys::RootDir> root_;
  std::optional<OverlayView> view_;
  unsigned first_id_ = 0;
  unsigned id_count_ = UINT32_MAX;
};

}  // namespace minibox::engine
