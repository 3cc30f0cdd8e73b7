// The program minibox-lazy: shows the lazy layers of one image, each at <data root>/lazy/<hex of its diff_id>, and ends
// when the last of these file systems is mounted nowhere any more. It outlives the daemon, as the containers do.
//
// Its life: the daemon sends one message over `control` with two descriptors, the config (lazy/config.h) in memory and
// where to log to. The file systems are mounted, then all rights go but that of reading files of any owner; indexes,
// which come from outside, are read after that, and say how the kernel is to open files. The answer is "ready", or an
// error's kind and text. Then `control` is closed and requests are served. Beside it runs lazy/backing_process.h, when
// a layer has a use for that.
#pragma once

#include <functional>
#include <string>

#include "sys/fd.h"

namespace minibox::lazy {

// `open_log` is given the descriptor to log to, and returns what writes a line; any thread calls it.
using OpenLog = std::function<std::function<void(const std::string& line)>(sys::Fd log)>;
void serve_lazy_layers(sys::Fd control, const OpenLog& open_log);

}  // namespace minibox::lazy
