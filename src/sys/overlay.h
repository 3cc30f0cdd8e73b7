// An overlay (Documentation/filesystems/overlayfs.rst) as a detached mount, made from detached copies of its layers, so
// that the layers may be idmapped and nothing appears in anybody's mount namespace.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sys/fd.h"

namespace minibox::sys {

struct OverlayLayers {
  std::vector<Fd> lower;  // clone_tree() copies, topmost first; at least one
  Fd upper_parent;    // copy of the directory that holds upper and work: they must lie on one mount; invalid: read-only
  std::string upper;  // names below it
  std::string work;
  std::vector<std::pair<std::string, std::string>> options;  // {"volatile", ""}, {"index", "off"}, ...
};

// From an overlay's options: "lowerdir+" once a layer, topmost first, "upperdir" and "workdir" in one directory, the
// rest as it is. `copy` makes the detached copy of a path. kInvalid when the directories don't fit.
using CopyTree = std::function<Fd(const std::string& path)>;
OverlayLayers copy_layers(const std::vector<std::pair<std::string, std::string>>& options, const CopyTree& copy);

// The copies must stay open as long as closing them would hurt: to close a detached copy is to unmount it, which waits
// for an RCU grace period (some 0.3 ms each). A read-only overlay needs two lower layers (the kernel's rule). Before
// kernel 6.13 the calling thread visits a mount namespace of its own for the time of the call: call from a
// single-threaded process, or from a thread made for it.
Fd make_overlay(const OverlayLayers& layers);

}  // namespace minibox::sys
